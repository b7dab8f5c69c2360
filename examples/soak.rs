//! A minute of faults over real HTTP: key rotations and withdrawals, outages, and concurrent good and bad tokens.
//!
//! Prints its counts. Fails if a valid token with an available key was rejected, or if a bad token was accepted.
//!
//! ```sh
//! cargo run --release --example soak        # 60 seconds
//! cargo run --release --example soak -- 10  # as many as you like, up to 60
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::{App, HttpServer, Responder, get};
use okta_auth::{AuthContext, keys::KeySettings, login_required};
use okta_auth_testing::{Endpoint, Fault, MockOkta, SigningKey};

#[get("/test")]
#[login_required]
async fn test(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}

/// A token of a known kind.
#[derive(Clone)]
struct Probe {
    kind: &'static str,
    token: String,
    user: String,
}

#[derive(Default)]
struct Counts {
    /// By the kind of the token and the status.
    answers: Mutex<BTreeMap<(&'static str, u16), u64>>,
    valid_rejected: AtomicU64,
    invalid_accepted: AtomicU64,
    mixed_up: AtomicU64,
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds: u64 = std::env::args().nth(1).map_or(Ok(60), |seconds| seconds.parse())?;
    let end = Instant::now() + Duration::from_secs(seconds.min(60));

    let okta = Arc::new(MockOkta::start());
    let settings = KeySettings::default()
        .min_freshness(Duration::from_millis(200))
        .max_freshness(Duration::from_secs(1))
        .cooldown(Duration::from_millis(500))
        .backoff_min(Duration::from_millis(100))
        .backoff_max(Duration::from_millis(500));
    // A small cache evicts tokens, so that they are also verified again.
    let validator = okta.validator_builder().key_settings(settings).token_cache_capacity(64).build()?;
    validator.warm_up().await?;

    let app = validator.clone();
    let server =
        HttpServer::new(move || App::new().app_data(app.clone()).service(test)).workers(2).bind(("127.0.0.1", 0))?;
    let url = format!("http://{}/test", server.addrs()[0]);
    actix_web::rt::spawn(server.run());

    // This key stays published. Its tokens must be accepted at all times.
    let stable = okta.signing_key();
    let counts = Arc::new(Counts::default());
    let clients: Vec<_> = (0..8)
        .map(|number| {
            actix_web::rt::spawn(load(number, url.clone(), Arc::clone(&okta), stable.clone(), Arc::clone(&counts), end))
        })
        .collect();
    let events = inject_faults(&okta, &stable, end).await;
    for client in clients {
        client.await??;
    }
    report(&counts, &okta, events)
}

/// Sends one probe after another until `end`.
async fn load(
    number: usize,
    url: String,
    okta: Arc<MockOkta>,
    stable: SigningKey,
    counts: Arc<Counts>,
    end: Instant,
) -> Result<(), reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let foreign = MockOkta::start();
    let mut round = 0;
    while Instant::now() < end {
        round += 1;
        let user = format!("user-{number}-{}@example.com", round % 20);
        let token = || okta.token().user(&user);
        let (kind, token) = match round % 6 {
            0 => ("expired", token().signed_by(&stable).expired()),
            1 => ("foreign signature", token().signed_by(&foreign.signing_key().with_kid(stable.kid()))),
            2 => ("foreign audience", token().signed_by(&stable).audience("api://other")),
            3 => ("newest key", token()),
            _ => ("stable key", token().signed_by(&stable)),
        };
        let probe = Probe { kind, token: token.sign(), user };
        // The second response can come from the cache.
        for _ in 0..2 {
            let response = client.get(&url).bearer_auth(&probe.token).send().await?;
            let status = response.status().as_u16();
            counts.record(&probe, status, &response.text().await?);
        }
    }
    Ok(())
}

impl Counts {
    fn record(&self, probe: &Probe, status: u16, body: &str) {
        *self.answers.lock().expect("no panic").entry((probe.kind, status)).or_default() += 1;
        match (probe.kind, status) {
            ("stable key", 200) | ("newest key", 200) if body != probe.user => {
                self.mixed_up.fetch_add(1, Ordering::Relaxed)
            }
            ("stable key" | "newest key", 200) => 0,
            ("stable key", _) => self.valid_rejected.fetch_add(1, Ordering::Relaxed),
            // 403 during a cooldown, 503 during an outage: the key is not available yet.
            ("newest key", 403 | 503) => 0,
            (_, 403) => 0,
            _ => self.invalid_accepted.fetch_add(1, Ordering::Relaxed),
        };
    }
}

/// Injects rotations, withdrawals, outages, and invalid responses until `end`.
async fn inject_faults(okta: &MockOkta, stable: &SigningKey, end: Instant) -> usize {
    let faults = [
        Fault::Status(500),
        Fault::TooManyRequests { retry_after: None },
        Fault::Garbage,
        Fault::Truncate,
        Fault::EmptyKeySet,
        Fault::Reset,
    ];
    let mut events = 0;
    while Instant::now() < end {
        match events % 8 {
            0 | 3 => drop(okta.rotate()),
            1 => okta.go_down(),
            2 | 7 => {
                okta.come_back();
                okta.clear_faults();
            }
            4 => {
                let newest = okta.signing_key();
                let old = okta.published_kids().into_iter().find(|kid| kid != stable.kid() && kid != newest.kid());
                if let Some(kid) = old {
                    okta.withdraw(&kid);
                }
            }
            fault => okta.fault(faults[(events + fault) % faults.len()].clone().on(Endpoint::Keys)),
        }
        events += 1;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    okta.come_back();
    events
}

fn report(counts: &Counts, okta: &MockOkta, events: usize) -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{events} events, {} key fetches answered, {} turned away",
        okta.key_fetches(),
        okta.requests_turned_away()
    );
    for ((kind, status), count) in counts.answers.lock().expect("no panic").iter() {
        println!("{count:8}  {kind}: {status}");
    }
    let wrong = [
        ("valid tokens refused although their key was at hand", &counts.valid_rejected),
        ("bad tokens let in", &counts.invalid_accepted),
        ("answers for another token", &counts.mixed_up),
    ];
    let mut total = 0;
    for (what, count) in wrong {
        let count = count.load(Ordering::Relaxed);
        println!("{count:8}  {what}");
        total += count;
    }
    if total == 0 { Ok(()) } else { Err("the soak found something wrong".into()) }
}
