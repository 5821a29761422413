# `headstart serve` as an ordinary user. NOT TESTED: written where there was no Docker. See docs/serve.md.
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
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=3)"]
ENTRYPOINT ["headstart", "serve"]
CMD ["/bundle", "--host", "0.0.0.0"]
