//! Each response belongs to the token of its request.

use actix_web::web::{self, ServiceConfig};
use actix_web::{Responder, get};
use okta_auth::{AuthContext, login_required};
use okta_auth_testing::MockOkta;
use serde_json::{Value, json};

use crate::support::Server;

async fn below() -> String {
    actix_web::rt::task::yield_now().await;
    AuthContext::current().map(|user| user.user().to_owned()).unwrap_or_default()
}

#[get("/test")]
#[login_required]
async fn test(user: AuthContext) -> impl Responder {
    web::Json(json!({ "argument": user.user(), "current": below().await }))
}

fn routes(app: &mut ServiceConfig) {
    app.service(test);
}

#[actix_web::test]
async fn concurrent_requests_keep_their_own_callers() {
    let okta = MockOkta::start();
    let validator = okta.validator();
    let server = Server::start_with(2, move |app| {
        app.app_data(validator.clone());
        routes(app);
    });
    // Every third token is invalid. There are many users, but each occurs several times.
    let tokens: Vec<(String, Option<String>)> = (0..150)
        .map(|number| {
            let user = format!("user-{number}@example.com");
            let token = okta.token().user(&user);
            if number % 3 == 0 { (token.expired().sign(), None) } else { (token.sign(), Some(user)) }
        })
        .collect();
    let mut answers = Vec::new();
    for (token, user) in tokens.iter().cycle().take(1000) {
        let request = server.request(reqwest::Method::GET, "/test").bearer_auth(token).send();
        answers.push((actix_web::rt::spawn(request), user));
    }
    for (answer, user) in answers {
        let response = answer.await.expect("the task").expect("an answer");
        match user {
            Some(user) => {
                assert_eq!(response.status(), 200);
                let body: Value = response.json().await.expect("JSON");
                assert_eq!(body, json!({ "argument": user, "current": user }));
            }
            None => assert_eq!(response.status(), 403),
        }
    }
    assert_eq!(okta.key_fetches(), 1);
}
