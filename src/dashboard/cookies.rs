//! The cookies of the dashboard: the session, and light or dark. Pure.
//!
//! Over https the session's cookie has the prefix `__Host-`, so that no other host can set it. Browsers refuse that on plain http; there the name
//! has the port in it, since cookies of all ports of one machine meet.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use crate::sessions::SESSION_SECONDS;

const THEME: &str = "tributary-theme";
const THEME_SECONDS: i64 = 365 * 86_400;

/// How cookies are set for a server that the world reaches at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Jar {
    session: String,
    secure: &'static str,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Theme {
    /// As the reader's system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them, in the order in which a switch goes through them.
    pub(super) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in forms and cookies.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word.
    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.word() == word)
    }
}

impl Jar {
    pub(super) fn of(public_url: &str) -> Self {
        if public_url.starts_with("https://") {
            return Self {
                session: "__Host-tributary".to_owned(),
                secure: "; Secure",
            };
        }
        let port = url::Url::parse(public_url).ok();
        let port = port.and_then(|url| url.port()).unwrap_or(80);
        Self {
            session: format!("tributary-{port}"),
            secure: "",
        }
    }

    /// The session that a request brings; of several cookies of the name the first.
    pub(super) fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        cookie(headers, &self.session).filter(|token| !token.is_empty())
    }

    pub(super) fn set_session(&self, token: &str) -> Option<HeaderValue> {
        self.set(&self.session, token, SESSION_SECONDS)
    }

    pub(super) fn clear_session(&self) -> Option<HeaderValue> {
        self.set(&self.session, "", 0)
    }

    pub(super) fn set_theme(&self, theme: Theme) -> Option<HeaderValue> {
        self.set(THEME, theme.word(), THEME_SECONDS)
    }

    fn set(&self, name: &str, value: &str, seconds: i64) -> Option<HeaderValue> {
        let secure = self.secure;
        let cookie =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        HeaderValue::from_str(&cookie).ok()
    }
}

/// Light or dark, as the reader has chosen.
pub(super) fn theme(headers: &HeaderMap) -> Theme {
    let word = cookie(headers, THEME);
    word.and_then(Theme::of).unwrap_or_default()
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.filter_map(|line| line.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_over_https_a_cookie_is_bound_to_the_host() {
        let set = |url| Jar::of(url).set_session("t").unwrap();
        assert_eq!(
            set("https://pay.example.com"),
            "__Host-tributary=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=1209600; Secure"
        );
        assert_eq!(
            set("http://127.0.0.1:8080"),
            "tributary-8080=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=1209600"
        );
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            COOKIE,
            HeaderValue::from_static("a=b; tributary-theme=dark"),
        );
        headers.append(
            COOKIE,
            HeaderValue::from_static("x__Host-tributary=no; __Host-tributary=yes"),
        );
        assert_eq!(Jar::of("https://a.example").session(&headers), Some("yes"));
        assert_eq!(Jar::of("http://a.example").session(&headers), None);
        assert_eq!(theme(&headers), Theme::Dark);
    }
}
