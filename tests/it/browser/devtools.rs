//! Chromium without a window, driven through its `DevTools` protocol over a pipe: no driver, no port, no library.
//!
//! Every wait is for something that Chromium tells, with a bound; nothing sleeps.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{scratch, unique_name};

/// How long anything may take. Machines that test are busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// Names that Chromium goes by.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with one page.
pub struct Chromium {
    child: Child,
    stdin: ChildStdin,
    told: Receiver<Value>,
    events: VecDeque<Value>,
    profile: PathBuf,
    session: Value,
    last: u64,
    /// Whatever a reader of its console would see as an error.
    problems: Vec<String>,
    /// Bytes that came over the wire since the last look.
    received: u64,
}

fn program() -> &'static str {
    let is_there = |name: &&str| {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {name}")])
            .stdout(Stdio::null())
            .status();
        found.is_ok_and(|status| status.success())
    };
    NAMES
        .into_iter()
        .find(is_there)
        .expect("Chromium is not installed: scripts/install-test-tools.sh installs it")
}

impl Chromium {
    pub fn start() -> Self {
        let profile = scratch().join(unique_name());
        // The protocol is spoken on descriptors 3 and 4.
        let script = r#"exec "$@" 3<&0 4>&1 >/dev/null 2>&1"#;
        let profile_flag = format!("--user-data-dir={}", profile.display());
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--hide-scrollbars",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-extensions",
            "--force-color-profile=srgb",
            "--font-render-hinting=none",
            "--remote-debugging-pipe",
            &profile_flag,
            "about:blank",
        ];
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", program()]).args(flags);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(stdout).split(0).map_while(Result::ok) {
                let read = serde_json::from_slice(&message);
                if read.is_ok_and(|message: Value| tell.send(message).is_err()) {
                    return;
                }
            }
        });
        let mut browser = Self {
            child,
            stdin,
            told,
            events: VecDeque::new(),
            profile,
            session: Value::Null,
            last: 0,
            problems: Vec::new(),
            received: 0,
        };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}));
        let wanted = json!({"targetId": target["targetId"], "flatten": true});
        self.session = self.call("Target.attachToTarget", wanted)["sessionId"].clone();
        for domain in ["Page", "Runtime", "Log", "Network", "Audits"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        self.size(1280, 860, false);
    }

    /// Asks for something, and waits for the answer.
    pub fn call(&mut self, method: &str, params: impl Into<Value>) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params.into()});
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        self.stdin
            .write_all(format!("{message}\0").as_bytes())
            .unwrap();
        let until = Instant::now() + PATIENCE;
        loop {
            let mut told = self.next(until, method);
            if told["id"] == self.last {
                assert!(told.get("error").is_none(), "{method}: {}", told["error"]);
                return told["result"].take();
            }
            self.heed(told);
        }
    }

    fn next(&self, until: Instant, what: &str) -> Value {
        let left = until.saturating_duration_since(Instant::now());
        self.told
            .recv_timeout(left)
            .unwrap_or_else(|error| panic!("Chromium does not answer {what}: {error}"))
    }

    /// Keeps an event, and notes what is wrong.
    fn heed(&mut self, told: Value) {
        let params = &told["params"];
        let problem = match told["method"].as_str().unwrap_or_default() {
            "Log.entryAdded" if params["entry"]["level"] == "error" => {
                Some(params["entry"].to_string())
            }
            "Runtime.exceptionThrown" => Some(params["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" if params["type"] == "error" => {
                Some(params["args"].to_string())
            }
            "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue" => {
                Some(params["issue"].to_string())
            }
            "Network.loadingFinished" => {
                self.received += params["encodedDataLength"].as_u64().unwrap_or(0);
                None
            }
            _ => None,
        };
        self.problems.extend(problem);
        self.events.push_back(told);
    }

    /// Does something that leads to another page, and waits until that is there.
    pub fn leads_on(&mut self, act: impl FnOnce(&mut Self)) {
        self.events.clear();
        act(self);
        let until = Instant::now() + PATIENCE;
        loop {
            if self
                .events
                .iter()
                .any(|event| event["method"] == "Page.loadEventFired")
            {
                return;
            }
            let told = self.next(until, "with another page");
            self.heed(told);
        }
    }

    pub fn open(&mut self, url: &str) {
        self.leads_on(|browser| {
            let answer = browser.call("Page.navigate", json!({"url": url}));
            assert!(answer.get("errorText").is_none(), "{url}: {answer}");
        });
    }

    /// What an expression is worth in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.call("Runtime.evaluate", params);
        assert!(
            answer.get("exceptionDetails").is_none(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].take()
    }

    pub fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{expression} is {value}"))
            .to_owned()
    }

    /// Whether there is such an element.
    pub fn has(&mut self, selector: &str) -> bool {
        self.value(&format!("!!document.querySelector({})", json!(selector))) == true
    }

    /// Clicks on what leads to another page.
    pub fn follow(&mut self, selector: &str) {
        assert!(
            self.has(selector),
            "there is no {selector} in {}",
            self.address()
        );
        let click = format!("document.querySelector({}).click()", json!(selector));
        self.leads_on(|browser| {
            browser.value(&click);
        });
    }

    /// Types into a field.
    pub fn fill(&mut self, selector: &str, text: &str) {
        assert!(
            self.has(selector),
            "there is no {selector} in {}",
            self.address()
        );
        self.value(&format!(
            "{{ const field = document.querySelector({}); field.focus(); field.value = ''; }}",
            json!(selector)
        ));
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Presses and lets go of a key.
    pub fn press(&mut self, key: &str, code: u32, with: &Value) {
        for kind in ["rawKeyDown", "keyUp"] {
            let mut params =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            if let Some(more) = with.as_object() {
                params.as_object_mut().unwrap().extend(more.clone());
            }
            self.call("Input.dispatchKeyEvent", params);
        }
    }

    /// Presses Enter in what has the focus, which leads to another page.
    pub fn enter(&mut self) {
        self.leads_on(|browser| {
            let down = json!({"type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"});
            browser.call("Input.dispatchKeyEvent", down);
        });
    }

    pub fn address(&mut self) -> String {
        self.text("location.pathname + location.search")
    }

    /// All words that are shown.
    pub fn words(&mut self) -> String {
        self.text("document.body.innerText")
    }

    pub fn size(&mut self, width: u32, height: u32, mobile: bool) {
        let params =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.call("Emulation.setDeviceMetricsOverride", params);
    }

    /// What the reader's system has: light or dark.
    pub fn prefers(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    pub fn without_scripts(&mut self) {
        self.call(
            "Emulation.setScriptExecutionDisabled",
            json!({"value": true}),
        );
    }

    pub fn picture(&mut self) -> Vec<u8> {
        let answer = self.call("Page.captureScreenshot", json!({"format": "png"}));
        STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
    }

    /// What has gone wrong since the last look.
    pub fn problems(&mut self) -> Vec<String> {
        // Whatever was told before this answer has been read with it.
        self.value("0");
        std::mem::take(&mut self.problems)
    }

    /// How many bytes came over the wire since the last look.
    pub fn received(&mut self) -> u64 {
        self.value("0");
        std::mem::take(&mut self.received)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
