vcl 4.1;

# Varnish before a kamishibai bundle - printed by: kami template varnish
# Put it into /etc/varnish/default.vcl. It stands before `kami serve --read-only` on the same machine, or before another
# server of the bundle, and keeps what that said for as long as its Cache-Control allows: an old copy goes out at once while a new
# one is fetched, and as long as the origin is lost.

import std;

backend origin {
  .host = "127.0.0.1";
  .port = "{{ origin_port }}";
  # A lost origin must not hold readers up.
  .connect_timeout = {{ connect_timeout }};
  .first_byte_timeout = {{ first_byte_timeout }};
  .between_bytes_timeout = {{ first_byte_timeout }};
}

sub vcl_recv {
  # A bundle has no use for either, and each would be a copy of its own.
  unset req.http.Cookie;
  if (req.restarts == 0) {
    # So long an old copy is as good as a new one ...
    set req.grace = {{ while_revalidate }}{{ second }};
  } else {
    # ... and so long it is better than none.
    set req.grace = {{ if_error }}{{ second }};
  }
  if (req.method != "GET" && req.method != "HEAD") {
    return (synth(405));
  }
  return (hash);
}

sub vcl_miss {
  # There was none, and the origin has said what it had to say.
  if (req.restarts > 0) {
    return (synth(503));
  }
}

sub vcl_backend_response {
  if (beresp.status >= 500) {
    # What a reader is shown meanwhile stays where it is.
    if (bereq.is_bgfetch) {
      return (abandon);
    }
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    set beresp.uncacheable = true;
    return (deliver);
  }
  set beresp.ttl = 0s;
  set beresp.grace = 0s;
  set beresp.keep = 0s;
  if (beresp.http.Cache-Control ~ "(?i)no-store|no-cache|private") {
    set beresp.uncacheable = true;
    return (deliver);
  }
  if (beresp.http.Cache-Control ~ "(?i)s-maxage=[0-9]+") {
    set beresp.ttl = std.duration(regsub(beresp.http.Cache-Control, "(?i).*s-maxage=([0-9]+).*", "\1{{ second }}"), 0s);
  } elsif (beresp.http.Cache-Control ~ "(?i)max-age=[0-9]+") {
    set beresp.ttl = std.duration(regsub(beresp.http.Cache-Control, "(?i).*max-age=([0-9]+).*", "\1{{ second }}"), 0s);
  }
  if (beresp.http.Cache-Control ~ "(?i)stale-if-error=[0-9]+") {
    set beresp.grace = std.duration(regsub(beresp.http.Cache-Control, "(?i).*stale-if-error=([0-9]+).*", "\1{{ second }}"), 0s);
  } elsif (beresp.http.Cache-Control ~ "(?i)stale-while-revalidate=[0-9]+") {
    set beresp.grace = std.duration(regsub(beresp.http.Cache-Control, "(?i).*stale-while-revalidate=([0-9]+).*", "\1{{ second }}"), 0s);
  }
  return (deliver);
}

sub vcl_backend_error {
  if (bereq.is_bgfetch) {
    return (abandon);
  }
  set beresp.ttl = 0s;
  set beresp.grace = 0s;
}

sub vcl_deliver {
  # The origin has nothing to say: is there an older copy?
  if (resp.status >= 500 && req.restarts == 0) {
    return (restart);
  }
}
