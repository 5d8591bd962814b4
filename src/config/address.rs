//! The address that a bundle will have: whole, and nothing behind its path that other addresses would follow.

use percent_encoding::{CONTROLS, utf8_percent_encode};

/// What stands in no address of a folder.
const ODD: &str = "?#\"<>\\^`{|}";

/// Returns the address of a folder on the web, with a slash at its end; its path travels in ASCII.
pub fn of_folder(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.trim_end_matches('/');
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let odd = |c: char| c.is_whitespace() || c.is_control() || ODD.contains(c);
    let whole = ["http", "https"].contains(&scheme.as_str())
        && !host.is_empty()
        && !host.starts_with(':')
        && !host.contains('@')
        && !rest.contains(odd);
    whole.then(|| format!("{scheme}://{host}{}/", utf8_percent_encode(path, CONTROLS)))
}

#[cfg(test)]
mod tests {
    use super::of_folder;

    #[test]
    fn a_folder_ends_in_one_slash() {
        for url in ["https://example.org/a", "https://example.org/a/", " HTTPS://example.org/a//"] {
            assert_eq!(of_folder(url).as_deref(), Some("https://example.org/a/"), "{url}");
        }
        assert_eq!(of_folder("http://[::1]:80").as_deref(), Some("http://[::1]:80/"));
        assert_eq!(
            of_folder("https://example.org/~a/日本%20/").as_deref(),
            Some("https://example.org/~a/%E6%97%A5%E6%9C%AC%20/")
        );
    }

    #[test]
    fn what_is_none_is_told() {
        let none =
            ["", "example.org", "ftp://example.org/", "https://", "https:///a", "https://:80/"];
        let odd =
            ["https://a b/", "https://a/?q=1", "https://a/#x", "https://u:p@a/", "https://a/\"x"];
        for url in none.into_iter().chain(odd) {
            assert_eq!(of_folder(url), None, "{url}");
        }
    }
}
