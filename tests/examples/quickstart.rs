//! `quickstart` prints commands with the status of each response.

use crate::process::Process;

#[actix_web::test]
async fn printed_commands_return_the_printed_status() {
    let mut quickstart = Process::start("quickstart", &[]);
    let printed = quickstart.read_until("runs until Ctrl-C");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut expected = None;
    let mut tried = Vec::new();
    for line in printed.lines() {
        if let Some((_, status)) = line.strip_prefix("# /").and_then(|line| line.rsplit_once(": ")) {
            expected = status.split(' ').next().map(str::to_owned);
        }
        let Some(arguments) = line.strip_prefix("curl -i ") else { continue };
        let (url, header) = arguments.split_once(" -H ").unwrap_or((arguments, ""));
        let mut request = client.get(url);
        if let Some((name, value)) = header.trim_matches('\'').split_once(": ") {
            request = request.header(name, value);
        }
        let status = request.send().await.expect("an answer").status();
        assert_eq!(Some(status.as_str().to_owned()), expected, "{line}");
        tried.push(status.as_u16());
    }
    assert_eq!(tried, [403, 200, 403, 403, 200]);
}
