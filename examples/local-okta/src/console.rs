//! The console: outages, faults, keys, the clock, and recorded requests.

use std::time::SystemTime;

use actix_web::http::header::LOCATION;
use actix_web::{Error, HttpResponse, web};
use okta_auth_testing::MockOkta;

use crate::console_action::{self, ENDPOINTS, FAULT_KINDS};
use crate::fields::Fields;
use crate::html::{Html, attribute, fill, markup};
use crate::page::{Tab, option, page};
use crate::state::{AppState, StateSlot, app_state};

/// The number of requests that the console shows.
const MAX_SHOWN_REQUESTS: usize = 25;

pub(crate) async fn show(slot: web::Data<StateSlot>) -> Result<HttpResponse, Error> {
    Ok(console(app_state(&slot)?, None))
}

/// Performs the action of a form. Redirects to the console, or shows the console with the problem.
pub(crate) async fn submit(slot: web::Data<StateSlot>, body: web::Bytes) -> Result<HttpResponse, Error> {
    let state = app_state(&slot)?;
    match console_action::perform(&state.okta, &Fields::parse(&body)) {
        Ok(()) => Ok(HttpResponse::SeeOther().insert_header((LOCATION, "/console")).finish()),
        Err(problem) => Ok(console(state, Some(&problem))),
    }
}

fn console(state: &AppState, problem: Option<&str>) -> HttpResponse {
    let okta = &state.okta;
    let alert = problem.map(|problem| fill("<p class=\"alert\" role=\"alert\">{}</p>\n", &[&problem]));
    let main = fill(
        "<h1>Faults</h1>\n{}<div class=\"grid\">\n{}{}{}{}{}</div>\n{}",
        &[&alert, &outage(okta), &keys(state), &fault_form(), &faults(okta), &clock_and_cache(), &requests(okta)],
    );
    page(Tab::Console, "Faults", &main)
}

fn outage(okta: &MockOkta) -> Html {
    let down = okta.is_down();
    let (class, state) = if down {
        ("verdict bad", "Down: each connection is reset.")
    } else {
        ("verdict good", "Up: requests are answered.")
    };
    fill(
        "<section class=\"panel\"><h2>Outage</h2>\n<p class=\"{}\" id=\"state\" role=\"status\">{}</p>\n\
         <form method=\"post\" action=\"/console\" class=\"actions\">\
         <button name=\"do\" value=\"down\"{}>Go down</button> \
         <button name=\"do\" value=\"up\"{}>Come back</button></form>\n\
         <p class=\"hint\">Requests turned away so far: {}. These pages stay up.</p></section>\n",
        &[
            &class,
            &state,
            &attribute("disabled", down),
            &attribute("disabled", !down),
            &okta.requests_turned_away().to_string(),
        ],
    )
}

fn keys(state: &AppState) -> Html {
    let okta = &state.okta;
    let signing = okta.signing_key();
    let rows: Vec<Html> = okta
        .published_kids()
        .iter()
        .map(|kid| {
            fill(
                "<li><code>{}</code>{}<form method=\"post\" action=\"/console\">\
                 <input type=\"hidden\" name=\"kid\" value=\"{}\">\
                 <button name=\"do\" value=\"withdraw\" aria-label=\"Withdraw key {}\">Withdraw</button></form></li>\n",
                &[kid, &(kid == signing.kid()).then(|| markup(" <strong>signs</strong>")), kid, kid],
            )
        })
        .collect();
    let empty = rows.is_empty().then(|| markup("<p>No key is published.</p>\n"));
    let known = state.validator.status();
    let known: Vec<Html> = known
        .iter()
        .map(|issuer| {
            let age = issuer.age().map_or("never fetched".to_owned(), |age| format!("fetched {} s ago", age.as_secs()));
            fill("<p class=\"hint\">The token page's validator knows {}, {}.</p>", &[&count(issuer.keys()), &age])
        })
        .collect();
    fill(
        "<section class=\"panel\"><h2>Keys</h2>\n<ul class=\"keys\" id=\"keys\">\n{}</ul>\n{}\
         <form method=\"post\" action=\"/console\" class=\"actions\">\
         <button name=\"do\" value=\"rotate\">Rotate</button> \
         <button name=\"do\" value=\"rotate-without-overlap\">Rotate without overlap</button></form>\n{}</section>\n",
        &[&rows, &empty, &known],
    )
}

fn count(keys: usize) -> String {
    if keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") }
}

fn fault_form() -> Html {
    let kinds: Vec<Html> = FAULT_KINDS.iter().map(|kind| option(kind.name, kind.label, false)).collect();
    let mut endpoints = vec![option("", "all of them", false)];
    endpoints.extend(ENDPOINTS.iter().map(|(name, _)| option(name, name, *name == "Keys")));
    fill(
        "<section class=\"panel\"><h2>Add a fault</h2>\n<form method=\"post\" action=\"/console\">\n\
         <label for=\"kind\">Fault</label>\n<select id=\"kind\" name=\"kind\">\n{}</select>\n\
         <label for=\"value\">Its value, where it names one</label>\n\
         <input id=\"value\" name=\"value\" autocomplete=\"off\" placeholder=\"such as 503\">\n\
         <label for=\"endpoint\">Endpoint</label>\n<select id=\"endpoint\" name=\"endpoint\">\n{}</select>\n\
         <label for=\"times\">How many requests</label>\n\
         <input id=\"times\" name=\"times\" type=\"number\" min=\"1\" placeholder=\"all until it is lifted\">\n\
         <p class=\"actions\"><button class=\"primary\" name=\"do\" value=\"fault\">Add fault</button></p></form></section>\n",
        &[&kinds, &endpoints],
    )
}

fn faults(okta: &MockOkta) -> Html {
    let faults = okta.faults();
    let rows: Vec<Html> =
        faults.iter().map(|injection| fill("<li>{}</li>\n", &[&console_action::describe(injection)])).collect();
    let list = match rows.is_empty() {
        true => markup("<p>None.</p>\n"),
        false => fill("<ol id=\"faults\">\n{}</ol>\n", &[&rows]),
    };
    fill(
        "<section class=\"panel\"><h2>Faults in force</h2>\n{}\
         <form method=\"post\" action=\"/console\" class=\"actions\">\
         <button name=\"do\" value=\"clear\"{}>Lift all</button> \
         <button name=\"do\" value=\"release\">Release what hangs</button></form></section>\n",
        &[&list, &attribute("disabled", faults.is_empty())],
    )
}

fn clock_and_cache() -> Html {
    markup(
        "<section class=\"panel\"><h2>Clock and caching</h2>\n\
         <form method=\"post\" action=\"/console\">\n\
         <label for=\"ahead\">Okta's clock is ahead, in seconds; negative for behind</label>\n\
         <input id=\"ahead\" name=\"ahead\" type=\"number\" value=\"0\" required>\n\
         <p class=\"actions\"><button name=\"do\" value=\"clock\">Set clock</button></p></form>\n\
         <form method=\"post\" action=\"/console\">\n\
         <label for=\"cache\">Cache-Control of keys; empty for none</label>\n\
         <input id=\"cache\" name=\"cache\" value=\"max-age=300\">\n\
         <p class=\"actions\"><button name=\"do\" value=\"cache\">Set header</button></p></form></section>\n",
    )
}

fn requests(okta: &MockOkta) -> Html {
    let requests = okta.requests();
    let now = SystemTime::now();
    let rows: Vec<Html> = requests
        .iter()
        .rev()
        .take(MAX_SHOWN_REQUESTS)
        .map(|request| {
            let ago = now.duration_since(request.at).unwrap_or_default().as_secs();
            fill(
                "<tr><td class=\"short\">{} s ago</td><td class=\"short\">{}</td><td><code>{}</code></td><td>{}</td></tr>\n",
                &[&ago.to_string(), &request.method, &request.path, &request.header("user-agent").unwrap_or_default()],
            )
        })
        .collect();
    fill(
        "<section><h2>Requests</h2>\n<p>{} so far, {} of them for keys. The newest come first.</p>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Requests\"><table>\n\
         <thead><tr><th scope=\"col\">When</th><th scope=\"col\">Method</th><th scope=\"col\">Path</th>\
         <th scope=\"col\">By</th></tr></thead>\n<tbody id=\"requests\">\n{}</tbody></table></div></section>\n",
        &[&requests.len().to_string(), &okta.key_fetches().to_string(), &rows],
    )
}
