//! Films that others keep, by picture syntax: `![A talk](https://www.youtube.com/watch?v=...)`.
//!
//! What stands in the page is a card; nothing is asked of the other host before somebody presses it.

/// A film at one of the hosts that are known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Video {
    pub host: &'static str,
    /// Where the player is, and its origin.
    pub frame: String,
    pub origin: &'static str,
}

/// Returns which film an address leads to; nothing where no player for it is known.
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
        "slideshare.net" => match parts[..] {
            ["slideshow", "embed_code", "key", key] if is_word(key) => Some(Video {
                host: "SlideShare",
                frame: format!("https://www.slideshare.net/slideshow/embed_code/key/{key}"),
                origin: "https://www.slideshare.net",
            }),
            _ => None,
        },
        _ => None,
    }
}

fn youtube(id: &str, from: Option<&str>) -> Option<Video> {
    let origin = "https://www.youtube-nocookie.com";
    let start = from.and_then(seconds).map(|from| format!("&start={from}")).unwrap_or_default();
    let frame = format!("{origin}/embed/{id}?autoplay=1{start}");
    is_word(id).then_some(Video { host: "YouTube", frame, origin })
}

fn vimeo(id: &str, hash: Option<&str>) -> Option<Video> {
    let known = id.bytes().all(|byte| byte.is_ascii_digit()) && hash.is_none_or(is_word);
    let hash = hash.map(|hash| format!("&h={hash}")).unwrap_or_default();
    let frame = format!("https://player.vimeo.com/video/{id}?autoplay=1&dnt=1{hash}");
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
        ] {
            assert_eq!(video(url).map(|video| video.frame), Some(frame), "{url}");
        }
        for none in [
            "https://www.youtube.com/@channel",
            "https://www.youtube.com/watch?v=",
            "https://www.youtube.com/watch?v=a\"b",
            "https://youtu.be/",
            "https://vimeo.com/channels",
            "https://example.org/watch?v=dQw4w9WgXcQ",
            "https://www.slideshare.net/somebody/talk",
            "youtube.com/watch?v=dQw4w9WgXcQ",
        ] {
            assert_eq!(video(none), None, "{none}");
        }
    }
}
