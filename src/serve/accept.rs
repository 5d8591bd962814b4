//! What a request says of answers: which forms who asks understands, what they have already, which part they want.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, header};

use crate::output::Encoding;

/// The least that can be said for a form; the text as it is has it where nothing is said of it.
const LEAST: f32 = 0.0001;

/// Returns the forms in which a text may be sent, the best first; `None` is the text as it is. Who understands
/// none gets the text as it is all the same: everybody else does so, too, and it helps more than a refusal.
pub(super) fn forms(headers: &HeaderMap) -> Vec<Option<Encoding>> {
    let mut weighed = weighed(headers);
    weighed.retain(|(form, weight)| *weight > 0.0 || form.is_none());
    weighed.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    weighed.into_iter().map(|(form, _)| form).collect()
}

/// Tells whether somebody takes a text as it is.
pub(super) fn takes_plain(headers: &HeaderMap) -> bool {
    weighed(headers).iter().any(|(form, weight)| form.is_none() && *weight > 0.0)
}

fn weighed(headers: &HeaderMap) -> Vec<(Option<Encoding>, f32)> {
    let said = said(headers);
    let weight = |name: &str| said.iter().find(|(known, _)| known == name).map(|(_, it)| *it);
    let others = weight("*");
    let weigh = |form: Option<Encoding>| match form {
        Some(encoding) => weight(encoding.name()).or(others).unwrap_or(0.0),
        None => weight("identity").or(others.filter(|it| *it <= 0.0)).unwrap_or(LEAST),
    };
    let known = Encoding::ALL.into_iter().map(Some).chain([None]);
    known.map(|form| (form, weigh(form))).collect()
}

/// Returns what is said of each form, in small letters; what cannot be read is a no.
fn said(headers: &HeaderMap) -> Vec<(String, f32)> {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|it| it.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(|one| {
            let mut parts = one.split(';').map(|part| part.trim().to_ascii_lowercase());
            let name = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| Some(part.strip_prefix("q=")?.parse::<f32>()));
            (name, weight.map_or(1.0, |weight| weight.unwrap_or(0.0).clamp(0.0, 1.0)))
        })
        .collect()
}

/// Tells whether somebody has what has a tag.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|it| it.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|one| one.strip_prefix("W/").unwrap_or(one) == tag || one == "*")
}

/// Returns the one part that is asked for of what has a tag and so many bytes, as players of film and sound do. An
/// empty one cannot be satisfied; who asks for none, for several or for a part of something else gets the whole.
pub(super) fn part(headers: &HeaderMap, tag: &str, total: u64) -> Option<Range<u64>> {
    let value = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if value(header::IF_RANGE).is_some_and(|known| known != tag) {
        return None;
    }
    let (unit, asked) = value(header::RANGE)?.split_once('=')?;
    let (from, to) = asked.trim().split_once('-')?;
    unit.eq_ignore_ascii_case("bytes").then(|| range(from, to, total)).flatten()
}

fn range(from: &str, to: &str, total: u64) -> Option<Range<u64>> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (number(from), number(to)) {
        (Some(from), Some(to)) if from <= to => {
            Some(from.min(total)..to.saturating_add(1).min(total))
        }
        (Some(from), None) if to.is_empty() => Some(from.min(total)..total),
        (None, Some(last)) if from.is_empty() => Some(total.saturating_sub(last)..total),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn saying(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn what_is_understood_is_sent() {
        assert_eq!(forms(&HeaderMap::new()), [None]);
        for (said, expected) in [
            ("gzip, deflate, br, zstd", "br zstd gzip -"),
            ("gzip, deflate, br", "br gzip -"),
            ("gzip", "gzip -"),
            ("br;q=0, *", "zstd gzip -"),
            ("GZIP;Q=0.5, identity", "- gzip"),
            ("br; q=0.1", "br -"),
            ("br;q=0.5, gzip;q=0.8", "gzip br -"),
            ("br;q=0.001", "br -"),
            ("gzip, identity;q=0", "gzip -"),
            ("*;q=0", "-"),
            ("br;q=x", "-"),
            ("br;q=NaN, gzip;q=1e9", "gzip -"),
            ("zstd, brr", "zstd -"),
            ("zstandard, brr", "-"),
            ("", "-"),
        ] {
            let forms = forms(&saying(header::ACCEPT_ENCODING, said));
            let names: Vec<&str> = forms.iter().map(|it| it.map_or("-", Encoding::name)).collect();
            assert_eq!(names.join(" "), expected, "{said}");
        }
        for (said, takes) in [("gzip", true), ("identity;q=0", false), ("gzip, *;q=0", false)] {
            assert_eq!(takes_plain(&saying(header::ACCEPT_ENCODING, said)), takes, "{said}");
        }
    }

    #[test]
    fn a_tag_is_known_among_others() {
        for (said, known) in [
            (r#""a""#, true),
            (r#"W/"a""#, true),
            (r#""b", W/"c" , "a""#, true),
            ("*", true),
            ("a", false),
            (r#""a-br""#, false),
            (r#"W/W/"a""#, false),
            ("", false),
        ] {
            assert_eq!(is_known(&saying(header::IF_NONE_MATCH, said), r#""a""#), known, "{said}");
        }
        let mut two = saying(header::IF_NONE_MATCH, r#""b""#);
        two.append(header::IF_NONE_MATCH, HeaderValue::from_static(r#""a""#));
        assert!(is_known(&two, r#""a""#));
    }

    #[test]
    fn a_part_is_read_as_it_is_meant() {
        for (said, expected) in [
            ("bytes=0-0", Some(0..1)),
            ("Bytes=2-", Some(2..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-99", Some(0..10)),
            ("bytes=5-99", Some(5..10)),
            ("bytes=10-", Some(10..10)),
            ("bytes=-0", Some(10..10)),
            ("bytes=5-2", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("lines=0-1", None),
            ("bytes", None),
        ] {
            assert_eq!(part(&saying(header::RANGE, said), r#""a""#, 10), expected, "{said}");
        }
        for (known, counts) in [(r#""a""#, true), (r#"W/"a""#, false), ("\"b\"", false)] {
            let mut headers = saying(header::RANGE, "bytes=0-0");
            headers.insert(header::IF_RANGE, HeaderValue::from_static(known));
            assert_eq!(part(&headers, r#""a""#, 10).is_some(), counts, "{known}");
        }
    }
}
