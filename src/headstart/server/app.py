"""The application: its routes, and OpenAPI's description of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

import headstart
from headstart.errors import HeadstartError, OptionError
from headstart.job.predict import Predicted, check_asked
from headstart.server import schema
from headstart.server.answering import Answering
from headstart.server.body import Bodies
from headstart.server.card import card
from headstart.server.page import Page
from headstart.server.problem import Problem
from headstart.strangers import json_text

_JSON = "application/json"
# What can be asked of predict → what is expected of it.
_SHARE = "a share between 0 and 1, such as 0.9"
_ASKED = {
    "top": "a whole number of at least 1",
    "coverage": _SHARE,
    "sure": _SHARE,
    "truncated": "refuse or keep",
}
_ABOUT = "Names what is on pictures. Answers are those of `headstart predict --json`."


def application(answering: Answering, page: Page) -> ASGIApp:
    """Without what Guard sees to."""
    app = FastAPI(
        title="headstart", version=headstart.__version__, description=_ABOUT, docs_url=None, redoc_url=None
    )
    _refusals(app)
    _predicting(app, answering)
    model = json_text(card(answering.model, answering.limits))

    @app.get("/v1/model", responses={200: {"model": schema.ModelCard}, **schema.refusals(401, 421)})
    async def model_card() -> Response:
        """What the server's model is: classes, backbone, certainty, what was measured on held-out pictures."""
        return Response(model, media_type=_JSON)

    @app.get("/health", responses={200: {"model": schema.Health}})
    async def health() -> Response:
        """Whether the server answers. Needs no token, and says nothing of the model."""
        return Response('{"status":"ok"}', media_type=_JSON)

    @app.get("/", include_in_schema=False)
    async def front() -> Response:
        return page.response()

    return app


def _predicting(app: FastAPI, answering: Answering) -> None:
    bodies = Bodies(answering.limits)

    @app.post(
        "/v1/predict",
        openapi_extra={"requestBody": schema.FILES},
        responses={200: {"model": schema.Predictions}, **schema.refusals(*schema.REFUSED)},
    )
    async def predict(
        request: Request,
        top: Annotated[int, Query(ge=1, description="classes per picture")] = 5,
        coverage: Annotated[
            float | None, Query(gt=0, lt=1, description="how often `set` is to hold the right class")
        ] = None,
        sure: Annotated[
            float | None, Query(gt=0, lt=1, description="how sure `certain` is to be; needs a taxonomy")
        ] = None,
        truncated: Annotated[
            Literal["refuse", "keep"], Query(description="JPEGs whose end is missing")
        ] = "refuse",
    ) -> Response:
        """Names what is on one picture, or on many."""
        _check_known(request)
        check_asked(answering.model, sure, coverage)
        async with bodies.pictures(request) as pictures:
            found = await answering.predicted(pictures, truncated=truncated, sure=sure, coverage=coverage)
        return Response(json_text(_told(found, top)), media_type=_JSON)


def _check_known(request: Request) -> None:
    """Raises Problem for a parameter that there is none of: a slip of the pen would be passed over."""
    for name in request.query_params:
        if name not in _ASKED:
            raise Problem(422, f"?{name}=: unknown; expected some of {', '.join(_ASKED)}")


def _told(found: Predicted, top: int) -> dict[str, Any]:
    """Raises Problem where no picture can be used."""
    left_out = [{"path": one.path, "reason": one.reason} for one in found.left_out]
    if not found.paths:
        first = found.left_out[0]
        raise Problem(
            422,
            f"none of {len(left_out):,} pictures can be used; the first is {first.path!r}: {first.reason}",
            left_out=left_out,
        )
    return {
        "least_similarity": found.least_similarity,
        "predictions": [one.to_dict() for one in found.ranked(top)],
        "left_out": left_out,
        "truncated": list(found.truncated),
    }


def _refusals(app: FastAPI) -> None:
    """Every error has one shape."""

    @app.exception_handler(Problem)
    async def problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error.response()

    @app.exception_handler(OptionError)
    async def option(_: Request, error: Exception) -> Response:
        return Problem(422, str(error)).response()

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        name = first["loc"][-1]
        return Problem(422, f"{name}: expected {_ASKED[name]}, got {first['input']!r}").response()

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        lack = f"does not take {request.method}" if error.status_code == 405 else "is not here"
        said = f"{request.url.path} {lack}; see /openapi.json"
        headers = dict(error.headers or {})
        if headers.get("Allow") == "GET":
            headers["Allow"] = "GET, HEAD"
        return Problem(error.status_code, said, headers=headers).response()

    @app.exception_handler(Exception)
    async def internal(_: Request, error: Exception) -> Response:
        said = (
            str(error)
            if isinstance(error, HeadstartError)
            else "an error of the server's own; its log says more"
        )
        return Problem(500, said).response()
