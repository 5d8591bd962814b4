//! Films that others keep, by picture syntax: `![A talk](https://www.youtube.com/watch?v=...)`.
//!
//! What stands in the page is a card; nothing is asked of the other host before somebody presses it.

/// A film at one of the hosts that are known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Video {
    pub host: &'static str,
    /// Where the player is, and its origin. Not every address says it: the card then is a link.
    pub frame: Option<String>,
    pub origin: &'static str,
}

/// Returns which film an address leads to; nothing where it leads to none that is known.
pub fn video(url: &str) -> Option<Video> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    let host = host.strip_prefix("www.").or_else(|| host.strip_prefix("m.")).unwrap_or(host);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (path, query) = (path.split('#').next()?, query.split('#').next()?);
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match host {
        "youtube.com" | "youtube-nocookie.com" => match parts[..] {
            ["watch"] => youtube(value("v")?, value("t").or_else(|| value("start"))),
            ["embed" | "shorts" | "live" | "v", id] => youtube(id, value("start")),
            _ => None,
        },
        "youtu.be" => match parts[..] {
            [id] => youtube(id, value("t")),
            _ => None,
        },
        "vimeo.com" => match parts[..] {
            [id] => vimeo(id, None),
            // A film that is not listed has a second word.
            [id, hash] => vimeo(id, Some(hash)),
            _ => None,
        },
        "player.vimeo.com" => match parts[..] {
            ["video", id] => vimeo(id, value("h")),
            _ => None,
        },
        _ if host.strip_suffix("slideshare.net").is_some_and(is_country) => match parts[..] {
            ["slideshow", "embed_code", "key", key] => slideshare(&format!("key/{key}")),
            ["slideshow", _, number] => slideshare(number),
            ["slideshow", ..] | ["search" | "explore" | "category" | "tag" | "mobile", _] => None,
            // What its player is called, only SlideShare knows.
            [_, _] => Some(Video { host: "SlideShare", frame: None, origin: SLIDESHARE }),
            _ => None,
        },
        _ => None,
    }
}

const SLIDESHARE: &str = "https://www.slideshare.net";

/// Tells whether this before a host is nothing, or a country: `fr.`.
fn is_country(before: &str) -> bool {
    let name = before.strip_suffix('.').unwrap_or(before);
    before.is_empty() || (name.len() == 2 && before.len() == 3)
}

/// Returns slides at `SlideShare`, by their key or their number.
fn slideshare(id: &str) -> Option<Video> {
    let number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let known = id.strip_prefix("key/").map_or_else(|| number(id), is_word);
    let frame = Some(format!("{SLIDESHARE}/slideshow/embed_code/{id}"));
    known.then_some(Video { host: "SlideShare", frame, origin: SLIDESHARE })
}

fn youtube(id: &str, from: Option<&str>) -> Option<Video> {
    let origin = "https://www.youtube-nocookie.com";
    let start = from.and_then(seconds).map(|from| format!("&start={from}")).unwrap_or_default();
    let frame = format!("{origin}/embed/{id}?autoplay=1{start}");
    is_word(id).then_some(Video { host: "YouTube", frame: Some(frame), origin })
}

fn vimeo(id: &str, hash: Option<&str>) -> Option<Video> {
    let known = id.bytes().all(|byte| byte.is_ascii_digit()) && hash.is_none_or(is_word);
    let hash = hash.map(|hash| format!("&h={hash}")).unwrap_or_default();
    let frame = format!("https://player.vimeo.com/video/{id}?autoplay=1&dnt=1{hash}");
    let frame = Some(frame);
    known.then_some(Video { host: "Vimeo", frame, origin: "https://player.vimeo.com" })
}

/// Tells whether a word may stand in an address as it is.
fn is_word(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Reads `90`, `90s`, `1m30s`.
fn seconds(text: &str) -> Option<u32> {
    let (mut sum, mut number) = (0_u32, None::<u32>);
    for c in text.chars() {
        let digit = c.to_digit(10);
        if let Some(digit) = digit {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            continue;
        }
        let unit = match c {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        sum = sum.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    sum.checked_add(number.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::video;

    #[test]
    fn films_are_known_by_their_addresses() {
        let youtube = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1";
        for (url, frame) in [
            ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", youtube.to_owned()),
            ("https://youtu.be/dQw4w9WgXcQ?t=1m30s", format!("{youtube}&start=90")),
            (
                "https://m.youtube.com/watch?feature=x&v=dQw4w9WgXcQ&t=5#x",
                format!("{youtube}&start=5"),
            ),
            ("https://www.youtube.com/shorts/dQw4w9WgXcQ", youtube.to_owned()),
            (
                "https://vimeo.com/76979871",
                "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1".to_owned(),
            ),
            (
                "https://vimeo.com/76979871/8272103f6e",
                "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1&h=8272103f6e".to_owned(),
            ),
            (
                "https://www.slideshare.net/slideshow/aws-talk/7620391",
                "https://www.slideshare.net/slideshow/embed_code/7620391".to_owned(),
            ),
            (
                "https://fr.slideshare.net/slideshow/embed_code/key/EhDjrrN57Qwxwt?hostedIn=x",
                "https://www.slideshare.net/slideshow/embed_code/key/EhDjrrN57Qwxwt".to_owned(),
            ),
        ] {
            assert_eq!(video(url).and_then(|video| video.frame), Some(frame), "{url}");
        }
        let talk = video("https://www.slideshare.net/somebody/talk-123#4").expect("it is known");
        assert_eq!((talk.host, talk.frame), ("SlideShare", None));
        for none in [
            "https://www.youtube.com/@channel",
            "https://www.youtube.com/watch?v=",
            "https://www.youtube.com/watch?v=a\"b",
            "https://youtu.be/",
            "https://vimeo.com/channels",
            "https://example.org/watch?v=dQw4w9WgXcQ",
            "https://www.slideshare.net/somebody",
            "https://www.slideshare.net/slideshow/talk/abc",
            "https://www.slideshare.net/slideshow/embed_code/key/a b",
            "https://www.slideshare.net/search/slideshow?q=aws",
            "https://notslideshare.net/somebody/talk",
            "youtube.com/watch?v=dQw4w9WgXcQ",
        ] {
            assert_eq!(video(none), None, "{none}");
        }
    }
}
