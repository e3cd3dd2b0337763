"""Nobody sees or changes what he must not: the routes are asked one by one."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_who_is_not_signed_in_sees_nothing(client: TestClient) -> None:
    answer = client.get("/communique/static/app.css", headers={"x-visitor": ""})
    assert answer.status_code == 401
    assert "/auth/login/" in answer.text
    assert client.get("/communique/static/app.css").status_code == 200
