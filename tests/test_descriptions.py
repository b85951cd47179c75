"""The comparison of stand-ins with published descriptions."""

from tests.support.descriptions import Exchange, objection

DESCRIPTION = {
    "servers": [{"url": "https://example.org/api/v1"}],
    "paths": {
        "/posts/{id}": {
            "parameters": [],
            "get": {"responses": {"200": {}, "4XX": {}}},
            "delete": {"responses": {"default": {}}},
        }
    },
}


def test_it_accepts_what_is_described() -> None:
    assert objection(DESCRIPTION, Exchange("GET", "/api/v1/posts/7", 200)) is None
    assert objection(DESCRIPTION, Exchange("GET", "/api/v1/posts/7", 404)) is None
    assert objection(DESCRIPTION, Exchange("DELETE", "/api/v1/posts/7", 204)) is None


def test_it_objects_to_another_path_or_method() -> None:
    assert objection(DESCRIPTION, Exchange("GET", "/api/v1/posts/7/likes", 200)) is not None
    assert objection(DESCRIPTION, Exchange("POST", "/api/v1/posts/7", 200)) is not None


def test_it_objects_to_another_answer() -> None:
    fault = objection(DESCRIPTION, Exchange("GET", "/api/v1/posts/7", 302))
    assert fault == "GET /api/v1/posts/7 is not described to answer 302"
