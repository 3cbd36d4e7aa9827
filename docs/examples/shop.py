"""A shop's server that reports to Tributary and listens to it: Python 3.9 or later, with nothing but its standard library.

    TRIBUTARY_URL=https://pay.example.com TRIBUTARY_API_KEY=trib_live_… python3 shop.py CLICK_ID
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
from http.cookies import SimpleCookie

URL = os.environ.get("TRIBUTARY_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("TRIBUTARY_API_KEY", "")


class TributaryError(Exception):
    """What the server says is wrong."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status = status
        self.code = code


def post(path: str, body: dict) -> dict:
    request = urllib.request.Request(
        URL + path,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as answer:
        error = json.load(answer)["error"]
        raise TributaryError(answer.code, error["code"], error["message"]) from None


def click_of(cookies: str) -> str | None:
    """The click that brought a visitor: `/script.js` or `refport-js` keeps it in this cookie."""
    found = SimpleCookie(cookies).get("refp_id")
    return found.value if found else None


def report_lead(click_id: str, customer_id: str, email: str) -> None:
    """Somebody has signed up. The customer's id is yours: the same at sign-up and at each purchase."""
    post(
        "/api/track/lead",
        {"clickId": click_id, "eventName": "Sign up", "customerExternalId": customer_id, "customerEmail": email},
    )


def report_sale(click_id: str, customer_id: str, amount: int, currency: str, invoice_id: str) -> dict | None:
    """Somebody has paid; the amount is in the smallest unit. `None` where this invoice is known already: reporting it twice does no harm."""
    sale = {
        "clickId": click_id,
        "customerExternalId": customer_id,
        "amount": amount,
        "currency": currency,
        "invoiceId": invoice_id,
    }
    try:
        return post("/api/track/sale", sale)["sale"]
    except TributaryError as error:
        if error.code == "DUPLICATE_INVOICE":
            return None
        raise


def portal_token(email: str) -> str:
    """A token that shows a partner's portal in a page of yours; make one for each page load."""
    return post("/api/embed/token", {"partner": {"email": email}})["publicToken"]


def is_genuine(headers: dict, body: bytes, secret: str, now: float | None = None) -> bool:
    """Whether a webhook is Tributary's, and of now. `body` must be the bytes as they came."""
    at = headers["webhook-timestamp"]
    if abs((time.time() if now is None else now) - int(at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{at}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(expected, one) for one in given)


def main(click_id: str) -> None:
    report_lead(click_id, "user_1", "buyer@example.com")
    sale = report_sale(click_id, "user_1", 4900, "usd", "order_1")
    again = report_sale(click_id, "user_1", 4900, "usd", "order_1")
    token = portal_token("alice@partners.example.com")
    print(json.dumps({"sale": sale, "again": again, "token": token}))


if __name__ == "__main__":
    main(sys.argv[1])
