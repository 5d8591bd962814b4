# S3 and CloudFront on a free port, which is the first line that is said; ends when its standard input does.
#
# The stand-in believes everybody. So that a signature counts, it is compared here with that of Amazon's own library;
# requests of the tests themselves name a key that nobody checks.
import logging
import os
import re
import sys
import threading
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
SECRETS = {"key": ["a-secret-that-nobody-sees", "profile-secret"]}
SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)")
REFUSED = b"<Error><Code>SignatureDoesNotMatch</Code><Message>the signature is another</Message></Error>"


def end_with_the_test():
    sys.stdin.read()
    os._exit(0)


def signature(environ, scope, names, secret):
    _, _, region, service, _ = scope.split("/")
    header = lambda name: name.upper().replace("-", "_")
    headers = {name: environ.get("HTTP_" + header(name), environ.get(header(name), "")) for name in names.split(";")}
    url = "http://" + environ["HTTP_HOST"] + environ["RAW_URI"]
    request = AWSRequest(method=environ["REQUEST_METHOD"], url=url, headers=headers)
    request.context["timestamp"] = environ["HTTP_X_AMZ_DATE"]
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials("key", secret), service, region)
    canonical = "\n".join([
        request.method,
        signer._normalize_url_path(urlsplit(url).path),
        signer.canonical_query_string(request),
        signer.canonical_headers(signer.headers_to_sign(request)) + "\n",
        names,
        environ["HTTP_X_AMZ_CONTENT_SHA256"],
    ])
    return signer.signature(signer.string_to_sign(request, canonical), request)


def is_true(environ):
    found = SIGNED.match(environ.get("HTTP_AUTHORIZATION", ""))
    if not found:
        return False
    scope, names, signed = found.groups()
    secrets = SECRETS.get(scope.split("/")[0])
    return not secrets or any(signature(environ, scope, names, secret) == signed for secret in secrets)


stand_in = DomainDispatcherApplication(create_backend_app)


def application(environ, start_response):
    if is_true(environ):
        return stand_in(environ, start_response)
    start_response("403 Forbidden", [("content-type", "application/xml"), ("content-length", str(len(REFUSED)))])
    return [REFUSED]


threading.Thread(target=end_with_the_test, daemon=True).start()
server = make_server("127.0.0.1", 0, application, threaded=True)
print(server.port, flush=True)
server.serve_forever()
