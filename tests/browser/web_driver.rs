//! The part of WebDriver (W3C) that the browser tests need. `examples/local-okta` and `tests/ecosystem` include this file.
#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

/// The key of an element reference (WebDriver section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Whether pages may run scripts: the values of Chromium's setting.
#[derive(Clone, Copy)]
pub(crate) enum Scripts {
    Run = 1,
    Blocked = 2,
}

/// A headless Chromium with a new profile. Dropping it stops the browser.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    profile: PathBuf,
    screenshots: Option<PathBuf>,
}

impl Browser {
    /// Returns `None` if chromedriver is not installed.
    pub(crate) async fn start(scripts: Scripts) -> Option<Self> {
        let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut driver = match driver {
            Ok(driver) => driver,
            Err(error) => {
                assert_ne!(std::env::var("OKTA_AUTH_BROWSER").as_deref(), Ok("required"), "chromedriver: {error}");
                println!("SKIPPED: no chromedriver ({error}); tests/browser/run installs it");
                eprintln!("SKIPPED: no chromedriver ({error}); tests/browser/run installs it");
                return None;
            }
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        // Keeps the pipe open, so that later writes succeed.
        std::thread::spawn(move || lines.for_each(drop));
        let root = format!("http://127.0.0.1:{}", port.expect("chromedriver says its port"));

        let profile = std::env::temp_dir().join(format!("okta-auth-browser-{}", std::process::id()));
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--no-proxy-server",
            "--window-size=1360,1000",
        ];
        let mut flags: Vec<String> = flags.into_iter().map(str::to_owned).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        let options = json!({
            "args": flags,
            "prefs": { "profile.managed_default_content_settings.javascript": scripts as u8 },
        });
        // An element that a script adds is waited for.
        let timeouts = json!({ "implicit": 10_000 });
        let capabilities = json!({ "browserName": "chrome", "goog:chromeOptions": options, "timeouts": timeouts });
        let mut browser = Self {
            driver,
            session: format!("{root}/session"),
            profile,
            screenshots: std::env::var_os("OKTA_AUTH_SCREENSHOTS").map(PathBuf::from),
        };
        let session =
            browser.command(Method::POST, "", json!({ "capabilities": { "alwaysMatch": capabilities } })).await;
        browser.session = format!("{root}/session/{}", session["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    pub(crate) async fn url(&self) -> String {
        self.get("/url").await
    }

    pub(crate) async fn title(&self) -> String {
        self.get("/title").await
    }

    /// The visible text of the first element that a CSS selector matches.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let element = self.element(selector).await;
        self.get(&format!("/element/{element}/text")).await
    }

    pub(crate) async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.post(&format!("/element/{element}/click"), json!({})).await;
    }

    /// Replaces the content of an input.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.post(&format!("/element/{element}/clear"), json!({})).await;
        self.post(&format!("/element/{element}/value"), json!({ "text": text })).await;
    }

    /// Takes a screenshot of the whole page if `OKTA_AUTH_SCREENSHOTS` is set.
    pub(crate) async fn screenshot(&self, name: &str) {
        let Some(directory) = &self.screenshots else { return };
        let size = self.cdp("Page.getLayoutMetrics", json!({})).await["cssContentSize"].clone();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let shot = self.cdp("Page.captureScreenshot", json!({ "captureBeyondViewport": true, "clip": clip })).await;
        let png = base64_simd::STANDARD.decode_to_vec(shot["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(directory).unwrap();
        std::fs::write(directory.join(format!("{name}.png")), png).unwrap();
    }

    /// Emulates a color scheme and a window width in pixels.
    pub(crate) async fn emulate(&self, dark: bool, width: u32) {
        let scheme = json!({ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } });
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": [scheme] })).await;
        let device = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", device).await;
    }

    /// Asserts that the page is not wider than the window.
    pub(crate) async fn assert_fits_window(&self) {
        let metrics = self.cdp("Page.getLayoutMetrics", json!({})).await;
        let width = |name: &str, member: &str| metrics[name][member].as_f64().unwrap();
        let (content, window) = (width("cssContentSize", "width"), width("cssLayoutViewport", "clientWidth"));
        assert!(content <= window + 1.0, "{} is {content} px wide in a window of {window} px", self.url().await);
    }

    pub(crate) async fn quit(self) {
        self.command(Method::DELETE, "", Value::Null).await;
    }

    async fn element(&self, selector: &str) -> String {
        let found = self.post("/element", json!({ "using": "css selector", "value": selector })).await;
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// Sends a command of the Chrome DevTools Protocol.
    async fn cdp(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn get(&self, path: &str) -> String {
        self.command(Method::GET, path, Value::Null).await.as_str().unwrap().to_owned()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.command(Method::POST, path, body).await
    }

    async fn command(&self, method: Method, path: &str, body: Value) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.request(method, format!("{}{path}", self.session));
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let value = &answer["value"];
        assert!(value.get("error").is_none(), "{path} {body}: {} {}", value["error"], value["message"]);
        value.clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
