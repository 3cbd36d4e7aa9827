//! The cookies of the dashboard: the session, and light or dark. Pure.
//!
//! Over https the session's cookie has the prefix `__Host-`, so that no other host can set it. Browsers refuse that on plain http; there the name
//! has the port in it, since cookies of all ports of one machine meet.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use crate::{partner_access, sessions};

const THEME: &str = "tributary-theme";
const THEME_SECONDS: i64 = 365 * 86_400;

/// How cookies are set for a server that the world reaches at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Jar {
    session: String,
    seconds: i64,
    secure: &'static str,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
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
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.word() == word)
    }
}

impl Jar {
    /// For the dashboard.
    pub(super) fn of(public_url: &str) -> Self {
        Self::named(public_url, "tributary", sessions::SESSION_SECONDS)
    }

    /// For partners, whose session is another's.
    pub(crate) fn of_portal(public_url: &str) -> Self {
        Self::named(
            public_url,
            "tributary-portal",
            partner_access::SESSION_SECONDS,
        )
    }

    fn named(public_url: &str, name: &str, seconds: i64) -> Self {
        if public_url.starts_with("https://") {
            return Self {
                session: format!("__Host-{name}"),
                seconds,
                secure: "; Secure",
            };
        }
        let port = url::Url::parse(public_url).ok();
        let port = port.and_then(|url| url.port()).unwrap_or(80);
        Self {
            session: format!("{name}-{port}"),
            seconds,
            secure: "",
        }
    }

    /// The session that a request brings; of several cookies of the name the first.
    pub(crate) fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        cookie(headers, &self.session).filter(|token| !token.is_empty())
    }

    pub(crate) fn set_session(&self, token: &str) -> Option<HeaderValue> {
        self.set(&self.session, token, self.seconds)
    }

    pub(crate) fn clear_session(&self) -> Option<HeaderValue> {
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
