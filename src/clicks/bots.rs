//! Who is no visitor: crawlers and link previews, by the list of the crate `isbot`. Pure.
//!
//! Plain HTTP clients count: shops follow links on their servers.

use std::sync::LazyLock;

use isbot::Bots;

static BOTS: LazyLock<Bots> = LazyLock::new(Bots::default);

/// Words that the list does not have.
const ALSO: &[&str] = &[
    "facebookexternalhit",
    "embedly",
    "quora link preview",
    "google-inspectiontool",
    "lighthouse",
    "gptbot",
    "claudebot",
    "preview",
];

/// How HTTP clients of servers begin to say what they are.
const CLIENTS: &[&str] = &[
    "aiohttp",
    "axios",
    "curl",
    "deno",
    "go-http-client",
    "got ",
    "guzzle",
    "java",
    "ky/",
    "node",
    "okhttp",
    "php",
    "python",
    "reqwest",
    "ruby",
    "undici",
    "wget",
];

/// Whether a visitor says that it is a program that looks at links. Such visitors are led on and not counted.
pub fn is_bot(user_agent: Option<&str>) -> bool {
    let agent = user_agent.unwrap_or_default().to_lowercase();
    if agent.is_empty() || CLIENTS.iter().any(|client| agent.starts_with(client)) {
        return false;
    }
    ALSO.iter().any(|word| agent.contains(word)) || BOTS.is_bot(&agent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_follow_links_are_not_buyers() {
        for bot in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "facebookexternalhit/1.1",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "WhatsApp/2.23.20.0 A",
            "Twitterbot/1.0",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        ] {
            assert!(is_bot(Some(bot)), "{bot}");
        }
        assert!(!is_bot(None));
        for buyer in [
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 Instagram 350.0.0 (iPhone15,2)",
            "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36 [FBAN/EMA;FBAV/400.0]",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "curl/8.5.0",
            "python-requests/2.32",
            "node",
            "Firefox",
        ] {
            assert!(!is_bot(Some(buyer)), "{buyer}");
        }
    }
}
