//! A server that is down, rejects our credentials or rejects tokens, and what is logged.

use tracing::Level;

use super::*;
use crate::test_log::Log;

#[tokio::test(start_paused = true)]
async fn outage_lets_no_one_in_and_blames_no_token() {
    let fixture = Fixture::new();
    assert!(fixture.is_active("known").await);
    for mode in [Mode::Fails(None), Mode::RejectsCredentials, Mode::Panics] {
        let fixture = Fixture::new();
        fixture.server(mode);
        assert_eq!(retry_after(fixture.ask("token").await), Some(seconds(1)));
        for _ in 0..1_000 {
            assert!(retry_after(fixture.ask("another").await).is_some());
        }
        assert_eq!(fixture.calls(), 1);
        assert_eq!(fixture.introspector.status().remembered(), (0, 0));
    }
    fixture.server(Mode::Fails(None));
    assert!(retry_after(fixture.ask("token").await).is_some());
    assert!(fixture.is_active("known").await, "remembered answers are served meanwhile");
    fixture.pass(seconds(10));
    assert!(retry_after(fixture.ask("known").await).is_some());
}

#[tokio::test(start_paused = true)]
async fn endpoint_is_called_again_after_the_back_off() {
    let fixture = Fixture::new();
    fixture.server(Mode::Fails(None));
    for _ in 0..600 {
        assert!(retry_after(fixture.ask("token").await).is_some());
        fixture.pass(seconds(1));
    }
    // 1 + 2 + 4 s, then each 5 s.
    assert_eq!(fixture.calls(), 4 + (600 - 7 - 1) / 5);
    fixture.server(Mode::Answers(active())).pass(seconds(5));
    assert!(fixture.is_active("token").await);
    assert!(fixture.introspector.status().usable() && fixture.introspector.status().last_error().is_none());
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honored() {
    let fixture = Fixture::new();
    fixture.server(Mode::Fails(Some(seconds(40))));
    assert_eq!(retry_after(fixture.ask("token").await), Some(seconds(40)));
    fixture.server(Mode::Answers(active())).pass(seconds(39));
    assert_eq!(retry_after(fixture.ask("token").await), Some(seconds(1)));
    assert!(!fixture.introspector.status().usable());
    assert_eq!(fixture.introspector.status().next_attempt(), seconds(1));
    assert!(fixture.pass(seconds(1)).is_active("token").await && fixture.calls() == 2);
}

#[tokio::test(start_paused = true)]
async fn token_that_the_endpoint_rejects_causes_no_back_off() {
    let fixture = Fixture::new();
    fixture.server(Mode::RejectsTokens);
    let rejected = TokenError::RejectedByEndpoint { error: Excerpt::new("invalid_request") };
    for _ in 0..100 {
        assert_eq!(error(fixture.ask("token").await), rejected.clone().into());
    }
    assert_eq!(fixture.calls(), 1);
    fixture.server(Mode::Answers(active()));
    assert!(fixture.is_active("another").await);
}

#[tokio::test(start_paused = true)]
async fn mistake_in_the_credentials_is_one_error_line() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let fixture = Fixture::new();
    fixture.server(Mode::RejectsCredentials);
    for _ in 0..600 {
        assert!(retry_after(fixture.ask("token").await).is_some());
        fixture.pass(seconds(1));
    }
    let lines = log.read();
    let [(Level::ERROR, first), rest @ ..] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(first.contains("OKTA_INTROSPECTION_CLIENT_SECRET"), "{first}");
    assert!(rest.len() == 9 && rest.iter().all(|(level, _)| *level == Level::WARN), "one per minute: {rest:?}");
    fixture.server(Mode::Answers(active())).pass(seconds(5));
    assert!(fixture.is_active("token").await);
    fixture.server(Mode::RejectsCredentials).pass(seconds(10));
    assert!(!fixture.is_active("token").await);
    let levels: Vec<Level> = log.read().into_iter().map(|(level, _)| level).collect();
    assert_eq!(levels, [Level::INFO, Level::ERROR], "it works again, and then fails again");
}

#[tokio::test(start_paused = true)]
async fn outage_is_one_warning_per_minute() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let fixture = Fixture::new();
    fixture.server(Mode::Fails(None));
    for _ in 0..120 {
        assert!(retry_after(fixture.ask("token").await).is_some());
        fixture.pass(seconds(1));
    }
    let lines = log.read();
    assert!(lines.len() == 2 && lines.iter().all(|(level, _)| *level == Level::WARN), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn rejected_tokens_are_one_warning_per_minute() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let fixture = Fixture::new();
    fixture.server(Mode::RejectsTokens);
    for number in 0..120 {
        assert!(!fixture.is_active(&format!("token-{number}")).await);
        fixture.pass(seconds(1));
    }
    let lines = log.read();
    assert!(
        lines.len() == 2 && lines.iter().all(|(level, line)| *level == Level::WARN && line.contains("400")),
        "{lines:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn status_400_about_the_client_is_a_warning_too() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let fixture = Fixture::new();
    fixture.server(Mode::RejectsClient);
    for _ in 0..120 {
        assert!(retry_after(fixture.ask("token").await).is_some());
        fixture.pass(seconds(1));
    }
    let lines = log.read();
    let of = |expected: Level| lines.iter().filter(move |(level, _)| *level == expected).map(|(_, line)| line);
    assert_eq!((of(Level::ERROR).count(), of(Level::WARN).count(), lines.len()), (1, 2, 3), "{lines:?}");
    assert!(of(Level::WARN).all(|line| line.contains("400")), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn rejected_token_does_not_repeat_the_error_line() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let fixture = Fixture::new();
    for _ in 0..10 {
        fixture.server(Mode::RejectsCredentials);
        assert!(retry_after(fixture.ask("token").await).is_some());
        // A server can reject a malformed request before it looks at the credentials.
        fixture.pass(seconds(60)).server(Mode::RejectsTokens);
        assert!(!fixture.is_active("token").await);
        fixture.pass(seconds(60));
    }
    assert_eq!(log.read().iter().filter(|(level, _)| *level == Level::ERROR).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn status_counts_calls_and_shows_the_last_outcome() {
    let fixture = Fixture::new();
    let status = fixture.introspector.status();
    assert_eq!((status.calls(), status.last_call(), status.usable()), (0, None, true));
    assert_eq!(status.to_string(), "not called yet");
    assert!(fixture.is_active("token").await);
    fixture.pass(seconds(4)).server(Mode::Hangs);
    let _waiting = fixture.asks("another").await;
    let status = fixture.introspector.status();
    assert_eq!((status.calls(), status.in_flight(), status.last_call()), (2, 1, Some(seconds(4))));
    assert_eq!(status.to_string(), "2 calls, the last one succeeded 4 s ago");
    fixture.server(Mode::Fails(None)).settle().await;
    let status = fixture.introspector.status();
    assert_eq!((status.in_flight(), status.last_call(), status.usable()), (0, Some(Duration::ZERO), false));
    let error = "https://issuer.example.com/introspect answered with status 500, expected 200";
    assert_eq!(status.last_error().map(ToString::to_string).as_deref(), Some(error));
    assert_eq!(status.to_string(), format!("2 calls, the last one ended 0 s ago; next attempt in 1 s: {error}"));
    assert_eq!(
        format!("{:?}", fixture.introspector),
        r#"Introspector { issuer: "https://issuer.example.com", mode: Opaque, .. }"#
    );
}
