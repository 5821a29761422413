# `headstart serve` as an ordinary user. No Docker has built it: docs/serve.md says which of its steps were tried.
#
#   docker build -t headstart .
#   docker run -p 127.0.0.1:8000:8000 -e HEADSTART_TOKEN -v "$PWD/runs/flowers:/bundle:ro" headstart

FROM python:3.12-slim

RUN useradd --create-home --uid 10001 headstart
WORKDIR /source
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir '.[serve]'

USER headstart
WORKDIR /home/headstart
EXPOSE 8000
STOPSIGNAL SIGTERM
# By http.client, since urllib would ask a proxy where the environment names one.
HEALTHCHECK CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8000, timeout=3); c.request('GET', '/health'); assert c.getresponse().status == 200"]
ENTRYPOINT ["headstart", "serve"]
CMD ["/bundle", "--host", "0.0.0.0"]
