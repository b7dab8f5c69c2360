//! How many calls requests cause, and how long answers are remembered.

use super::*;

#[tokio::test(start_paused = true)]
async fn thousand_requests_with_a_token_cause_one_call_per_10_seconds() {
    let fixture = Fixture::new();
    for tenth in 0..1_000 {
        assert!(fixture.is_active("token").await, "{tenth}");
        fixture.pass(Duration::from_millis(100));
    }
    assert_eq!(fixture.calls(), 10);
}

#[tokio::test(start_paused = true)]
async fn requests_at_the_same_time_share_a_call() {
    let fixture = Fixture::new();
    fixture.server(Mode::Hangs);
    let mut requests = Vec::new();
    for _ in 0..100 {
        requests.push(fixture.asks("token").await);
    }
    fixture.server(Mode::Answers(active()));
    for request in requests {
        assert!(request.await.expect("no panic").is_ok());
    }
    assert_eq!(fixture.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn revoked_token_is_refused_when_its_answer_is_10_seconds_old() {
    let fixture = Fixture::new();
    assert!(fixture.is_active("token").await);
    fixture.server(Mode::Inactive).pass(Duration::from_millis(9_999));
    assert!(fixture.is_active("token").await);
    fixture.pass(Duration::from_millis(1));
    assert_eq!(error(fixture.ask("token").await), TokenError::Inactive.into());
    assert_eq!(fixture.calls(), 2);
    assert_eq!(fixture.introspector.status().remembered(), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn inactive_answers_are_remembered_as_long() {
    let fixture = Fixture::new();
    fixture.server(Mode::Inactive);
    for _ in 0..100 {
        assert_eq!(error(fixture.ask("token").await), TokenError::Inactive.into());
    }
    fixture.server(Mode::Answers(active())).pass(seconds(9));
    assert!(!fixture.is_active("token").await && fixture.calls() == 1);
    assert!(fixture.pass(seconds(1)).is_active("token").await && fixture.calls() == 2);
    assert_eq!(fixture.introspector.status().remembered(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn answer_is_not_used_beyond_exp_and_leeway() {
    let fixture = Fixture::new();
    let mut members = active();
    members["exp"] = (START.as_secs() - 57).into();
    fixture.server(Mode::Answers(members));
    assert!(fixture.is_active("token").await);
    assert!(fixture.pass(Duration::from_millis(2_999)).is_active("token").await && fixture.calls() == 1);
    assert!(matches!(
        error(fixture.pass(Duration::from_millis(1)).ask("token").await),
        ValidateError::Token(TokenError::Expired { .. })
    ));
    assert_eq!(fixture.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn caller_can_ask_for_a_more_recent_answer() {
    let fixture = Fixture::new();
    assert!(fixture.is_active("token").await);
    fixture.server(Mode::Inactive).pass(seconds(3));
    assert!(fixture.is_active("token").await && fixture.calls() == 1);
    assert!(fixture.is_active_within("token", seconds(4)).await && fixture.calls() == 1);
    assert!(!fixture.is_active_within("token", seconds(3)).await && fixture.calls() == 2);
    assert!(!fixture.is_active("token").await && fixture.calls() == 2, "the newer answer counts for all");
    assert!(!fixture.is_active_within("token", Duration::ZERO).await && fixture.calls() == 3);
}

#[tokio::test(start_paused = true)]
async fn longer_within_does_not_prolong_an_answer() {
    let fixture = Fixture::new();
    assert!(fixture.is_active("token").await);
    fixture.server(Mode::Inactive).pass(seconds(10));
    assert!(!fixture.is_active_within("token", seconds(300)).await && fixture.calls() == 2);
}

#[tokio::test(start_paused = true)]
async fn call_that_began_too_early_is_not_the_answer() {
    let fixture = Fixture::new();
    fixture.server(Mode::Hangs);
    let early = fixture.asks("token").await;
    fixture.pass(seconds(3));
    let strict = {
        let fixture = fixture.clone();
        tokio::spawn(async move { fixture.is_active_within("token", seconds(2)).await })
    };
    fixture.settle().await;
    assert_eq!(fixture.calls(), 1, "it waits for the call of its token");
    fixture.server(Mode::Answers(active())).server(Mode::Inactive);
    assert!(early.await.expect("no panic").is_ok());
    assert!(!strict.await.expect("no panic"));
    assert_eq!(fixture.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn text_that_cannot_be_a_token_causes_no_call() {
    let fixture = Fixture::new();
    for number in 0..1_000 {
        let text = format!("to ken {number}");
        assert_eq!(error(fixture.ask(&text).await), TokenError::NotAToken.into());
    }
    for text in ["", "a\nb", "tök", "a,b", "a:b", "\"a\"", "a b", "=", "==", "=a", "a=b", "e30.e30=.YQ"] {
        assert_eq!(error(fixture.ask(text).await), TokenError::NotAToken.into(), "{text}");
    }
    let long = "a".repeat(16 * 1024 + 1);
    assert!(matches!(error(fixture.ask(&long).await), ValidateError::Token(TokenError::TooLong { .. })));
    assert_eq!(fixture.calls(), 0);
    assert!(fixture.is_active(&long[1..]).await && fixture.calls() == 1);
    assert!(fixture.is_active("a==").await && fixture.calls() == 2, "padding");
}

#[tokio::test(start_paused = true)]
async fn unknown_tokens_stay_within_limits_and_known_ones_are_served() {
    let fixture = Fixture::new();
    assert!(fixture.is_active("known").await);
    fixture.server(Mode::Hangs);
    let mut requests = Vec::new();
    for number in 0..1_100 {
        let (fixture, token) = (fixture.clone(), format!("unknown-{number}"));
        requests.push(tokio::spawn(async move { fixture.ask(&token).await }));
    }
    fixture.settle().await;
    let status = fixture.introspector.status();
    assert_eq!((fixture.calls(), status.in_flight(), status.waiting()), (65, 64, 1_000));
    assert!(fixture.is_active("known").await);
    let beyond = error(fixture.ask("one-more").await);
    assert_eq!(beyond, IntrospectionError::TooManyCalls.into());

    // Each of those that wait gets its turn.
    fixture.server(Mode::Inactive);
    let mut outcomes = [0; 2];
    for request in requests {
        match error(request.await.expect("no panic")) {
            ValidateError::Token(TokenError::Inactive) => outcomes[0] += 1,
            ValidateError::Introspection(IntrospectionError::TooManyCalls) => outcomes[1] += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((outcomes, fixture.calls()), ([1_064, 36], 1_065));
    assert!(fixture.is_active("known").await, "inactive answers are apart from active ones");
}

#[tokio::test(start_paused = true)]
async fn call_waits_for_its_turn_at_most_as_long_as_a_fetch() {
    let fixture = Fixture::new();
    fixture.server(Mode::Hangs);
    let mut requests = Vec::new();
    for number in 0..65 {
        requests.push(fixture.asks(&format!("token-{number}")).await);
    }
    let last = requests.pop().expect("a request");
    assert_eq!(error(last.await.expect("no panic")), IntrospectionError::TooManyCalls.into());
    assert_eq!((fixture.calls(), fixture.introspector.status().waiting()), (64, 0));
}

#[tokio::test(start_paused = true)]
async fn request_waits_for_a_call_only_so_long() {
    let fixture = Fixture::new();
    fixture.server(Mode::Hangs);
    assert_eq!(error(fixture.ask("token").await), IntrospectionError::TimedOut { waited: seconds(10) }.into());
    fixture.server(Mode::Answers(active())).settle().await;
    assert!(fixture.is_active("token").await && fixture.calls() == 1, "the call went on");
}

#[tokio::test(start_paused = true)]
async fn client_that_disconnects_does_not_cancel_the_call() {
    let fixture = Fixture::new();
    fixture.server(Mode::Hangs);
    let [first, second] = [fixture.asks("token").await, fixture.asks("token").await];
    first.abort();
    fixture.settle().await;
    fixture.server(Mode::Answers(active()));
    assert!(second.await.expect("no panic").is_ok());
    assert_eq!(fixture.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn answer_of_an_overdue_call_does_not_replace_a_newer_one() {
    let fixture = Fixture::new();
    fixture.server(Mode::Hangs);
    let overdue = fixture.asks("token").await;
    let old: Vec<_> = fixture.server.hanging.lock().drain(..).collect();
    *fixture.server.mode.lock() = Mode::Inactive;
    fixture.pass(seconds(11));
    assert!(!fixture.is_active("token").await && fixture.calls() == 2);
    assert_eq!(error(overdue.await.expect("no panic")), TokenError::Inactive.into());
    for release in old {
        drop(release.send(Mode::Answers(active())));
    }
    fixture.settle().await;
    assert!(!fixture.is_active("token").await && fixture.calls() == 2);
}

#[tokio::test(start_paused = true)]
async fn answer_from_the_future_is_asked_for_again() {
    let fixture = Fixture::new();
    assert!(fixture.is_active("token").await);
    fixture.back(seconds(3600)).server(Mode::Inactive);
    assert!(!fixture.is_active("token").await && fixture.calls() == 2);
}

#[tokio::test(start_paused = true)]
async fn answer_is_forgotten_when_the_clock_goes_back() {
    let fixture = Fixture::new();
    assert!(fixture.is_active("token").await);
    fixture.back(seconds(3600)).server(Mode::Inactive);
    assert!(!fixture.is_active("another").await);
    assert_eq!(fixture.introspector.status().remembered(), (0, 1));
    // The time of the old answer comes again.
    fixture.pass(seconds(3600));
    assert!(!fixture.is_active("token").await && fixture.calls() == 3);

    // Also of an answer that arrives afterwards.
    fixture.server(Mode::Hangs);
    let request = fixture.asks("late").await;
    fixture.back(seconds(3600)).server(Mode::Answers(active()));
    assert!(request.await.expect("no panic").is_ok());
    fixture.server(Mode::Inactive).pass(seconds(3600));
    assert!(!fixture.is_active("late").await && fixture.calls() == 5);
}

#[test]
fn call_survives_the_runtime_of_its_request() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (fixture, dying, other) = (Fixture::new(), runtime(), runtime());
    fixture.server(Mode::Hangs);
    dying.block_on(async { drop(fixture.asks("token").await) });
    let waiting = other.block_on(fixture.asks("token"));
    assert_eq!(fixture.calls(), 1);
    drop(dying);
    *fixture.server.mode.lock() = Mode::Answers(active());
    assert!(other.block_on(waiting).expect("no panic").is_ok());
    assert_eq!(fixture.calls(), 2);
    assert_eq!(fixture.introspector.status().in_flight(), 0);
}

#[test]
fn request_without_a_runtime_gets_an_error() {
    let fixture = Fixture::new();
    let ask = |token| futures_util::FutureExt::now_or_never(fixture.ask(token)).expect("no wait");
    assert_eq!(error(ask("token")), IntrospectionError::NoRuntime.into());
    assert_eq!(fixture.introspector.status().waiting(), 0);

    // Also if another request has started the call.
    fixture.server(Mode::Hangs);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let started = runtime.block_on(fixture.asks("token"));
    assert_eq!(error(ask("token")), IntrospectionError::NoRuntime.into());
    fixture.server(Mode::Answers(active()));
    assert!(runtime.block_on(started).expect("no panic").is_ok());
    assert!(ask("token").is_ok() && fixture.calls() == 1, "a remembered answer needs none");
}
