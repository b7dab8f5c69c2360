//! Tests of the log lines.

use tracing::Level;

use super::*;
use crate::test_log::Log;

/// A set with one good key and one unusable entry for each of `odd`.
fn set_with(odd: &[&str]) -> Mode {
    let good = testdata::renamed("rsa-2048", "a");
    let odd = odd.iter().map(|kid| serde_json::json!({"kty": "oct", "kid": kid}));
    Mode::Serves(testdata::set(&std::iter::once(good).chain(odd).collect::<Vec<Value>>()))
}

async fn refresh(fixture: &Fixture) {
    fixture.pass(5 * MINUTE);
    assert!(fixture.cached("a").is_some());
    fixture.settle().await;
}

#[tokio::test(start_paused = true)]
async fn each_entry_that_is_skipped_is_named_once_until_that_changes() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let fixture = Fixture::new(&["a"]);
    fixture.server(set_with(&["odd-1", "odd-2"])).finds("a").await;
    let first = log.read();
    assert_eq!(first.len(), 2, "{first:?}");
    for (line, kid) in first.iter().zip(["odd-1", "odd-2"]) {
        assert!(line.0 == Level::WARN && line.1.contains(kid), "{line:?}");
    }
    refresh(&fixture).await;
    assert_eq!(log.read(), []);
    fixture.server(set_with(&["odd-3"]));
    refresh(&fixture).await;
    let changed = log.read();
    assert!(matches!(&changed[..], [(Level::WARN, line)] if line.contains("odd-3")), "{changed:?}");
}

#[tokio::test(start_paused = true)]
async fn skipped_keys_of_one_set_take_at_most_11_lines() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let good = testdata::renamed("rsa-2048", "a");
    let with_zeros = |zeros: usize| format!(r#"{{"keys": [{good}{}]}}"#, ",0".repeat(zeros));
    for (zeros, expected_lines, last) in [
        (10, 10, "entry 10 of the key set, is skipped: it is not a JSON object"),
        (11, 11, "... and 1 more of this key set"),
        (999, 11, "... and 989 more of this key set"),
    ] {
        let fixture = Fixture::new(&["a"]);
        fixture.server(Mode::Serves(with_zeros(zeros))).finds("a").await;
        let lines = log.read();
        assert_eq!((lines.len(), lines.last()), (expected_lines, Some(&(Level::WARN, last.to_owned()))), "{zeros}");
        let given = crate::jose::JwkSet::from_json(with_zeros(zeros)).expect("a key set");
        drop(KeyStore::fixed(ISSUER.into(), given, &[Algorithm::RS256]));
        assert_eq!(log.read(), lines, "a given set");
    }
    let fixture = Fixture::new(&["a"]);
    fixture.server(Mode::Serves(with_zeros(499_999)));
    assert!(fixture.store.warm_up().await.is_err());
    assert_eq!(log.read(), [(Level::WARN, "keys can't be fetched".to_owned())], "no line for any entry");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_a_warning_and_its_end_is_logged() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let fixture = Fixture::warm(&["a"]).await;
    assert_eq!(log.read(), [], "a first fetch is no news");
    fixture.fails();
    refresh(&fixture).await;
    assert_eq!(log.read(), [(Level::WARN, "keys can't be fetched".to_owned())]);
    fixture.serves(&["a"]);
    refresh(&fixture).await;
    assert_eq!(log.read(), [(Level::INFO, "keys can be fetched again".to_owned())]);
    refresh(&fixture).await;
    assert_eq!(log.read(), []);
}
