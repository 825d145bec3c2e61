"""A mail server of somebody else's: aiosmtpd from PyPI, which keeps each mail as a file.

It takes mails by STARTTLS and after a login only, on loopback.
"""

import json
import os
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

BOX = os.environ["MAIL_BOX"]
USER = os.environ["MAIL_USER"].encode()
PASSWORD = os.environ["MAIL_PASSWORD"].encode()


class Postman:
    def __init__(self):
        self.number = len(os.listdir(BOX))

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        taken = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "content": envelope.content.decode("utf-8"),
        }
        self.number += 1
        path = os.path.join(BOX, f"{self.number:04}")
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump(taken, file)
        os.rename(path + ".part", path + ".json")
        return "250 taken"


def login(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=known, handled=False)


class Office(Controller):
    def factory(self):
        return SMTP(
            self.handler,
            hostname="mail.example.net",
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=login,
        )


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.environ["MAIL_CERTIFICATE"], os.environ["MAIL_KEY"])
office = Office(Postman(), hostname="127.0.0.1", port=int(os.environ["MAIL_PORT"]))
office.start()
print("open", flush=True)
while True:
    time.sleep(3600)
