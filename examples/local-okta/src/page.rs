//! The parts that all pages share.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, Responder};

use crate::html::{Html, attribute, fill};

const STYLE: &str = include_str!("style.css");

pub(crate) async fn style() -> impl Responder {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(STYLE)
}

/// The pages in the navigation.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tab {
    Token,
    Console,
}

/// A page with navigation.
pub(crate) fn page(tab: Tab, title: &str, main: &Html) -> HttpResponse {
    let here = |which| attribute("aria-current=page", tab == which);
    let body = fill(
        "<a class=\"skip\" href=\"#main\">Skip to content</a>\n\
         <header class=\"bar\"><a class=\"brand\" href=\"/\">local<span>·</span>okta</a>\n\
         <nav aria-label=\"Pages\"><a href=\"/\"{}>Tokens</a> <a href=\"/console\"{}>Faults</a></nav></header>\n\
         <main id=\"main\">{}</main>\n\
         <footer>For development on this machine. Its keys are public: trust nothing that it signs.</footer>",
        &[&here(Tab::Token), &here(Tab::Console), main],
    );
    bare_page(StatusCode::OK, title, "", &body)
}

/// A page without navigation.
pub(crate) fn bare_page(status: StatusCode, title: &str, class: &str, body: &Html) -> HttpResponse {
    let html = fill(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{} · local-okta</title>\n<link rel=\"stylesheet\" href=\"/local-okta.css\">\n</head>\n\
         <body class=\"{}\">\n{}\n</body>\n</html>\n",
        &[&title, &class, body],
    );
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html.into_string())
}

/// An option of a `<select>`.
pub(crate) fn option(value: &str, label: &str, selected: bool) -> Html {
    fill("<option value=\"{}\"{}>{}</option>\n", &[&value, &attribute("selected", selected), &label])
}

/// A checkbox with its label.
pub(crate) fn checkbox(name: &'static str, value: &str, label: &Html, checked: bool) -> Html {
    fill(
        "<label class=\"check\"><input type=\"checkbox\" name=\"{}\" value=\"{}\"{}> <span>{}</span></label>\n",
        &[&name, &value, &attribute("checked", checked), label],
    )
}
