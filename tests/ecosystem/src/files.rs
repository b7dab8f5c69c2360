//! actix-files: closed inside of a scope with `LoginRequired`.

use actix_files::Files;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use okta_auth::{LoginRequired, Policy};
use okta_auth_testing::MockOkta;

use crate::support::get;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/files");

/// The reports, for callers with a scope.
fn reports() -> actix_web::Scope<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    web::scope("/reports")
        .wrap(LoginRequired::with(Policy::scope("reports:read")))
        .service(Files::new("", DIRECTORY).show_files_listing())
}

/// Paths that a router or a file system could take for the directory or its file.
const PATHS: [&str; 16] = [
    "/reports",
    "/reports/",
    "/reports//",
    "/reports/report.txt",
    "/reports//report.txt",
    "/reports/./report.txt",
    "/reports/%2e/report.txt",
    "/reports/../reports/report.txt",
    "/reports/..%2freports%2freport.txt",
    "/reports/%72eport.txt",
    "/%72eports/report.txt",
    "/reports/report.txt/",
    "/reports/report.txt?token=x",
    "/reports/report.txt;x",
    "//reports/report.txt",
    "/./reports/report.txt",
];

#[actix_web::test]
async fn no_path_reaches_a_file_without_a_token() {
    let okta = MockOkta::start();
    let app = init_service(App::new().app_data(okta.validator()).service(reports())).await;
    let without_scope = format!("Bearer {}", okta.token().sign());
    for path in PATHS {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST] {
            for credentials in [None, Some(without_scope.as_str())] {
                let mut request = TestRequest::default().method(method.clone()).uri(path);
                request = request.insert_header(("Range", "bytes=0-3"));
                if let Some(credentials) = credentials {
                    request = request.insert_header(("Authorization", credentials));
                }
                let response = call_service(&app, request.to_request()).await;
                let status = response.status().as_u16();
                assert!([403, 404].contains(&status), "{method} {path}: {status}");
                assert!(!response.headers().contains_key("etag"), "{method} {path}");
                let body = read_body(response).await;
                assert!(!String::from_utf8_lossy(&body).contains("report.txt"), "{method} {path}");
                assert!(!String::from_utf8_lossy(&body).contains("quarterly"), "{method} {path}");
            }
        }
    }
}

#[actix_web::test]
async fn caller_with_the_scope_reads_files() {
    let okta = MockOkta::start();
    let app = init_service(App::new().app_data(okta.validator()).service(reports())).await;
    let token = okta.token().scope("reports:read").sign();
    for (path, expected) in [("/reports/report.txt", "the quarterly report\n"), ("/reports/", "report.txt")] {
        let response = call_service(&app, get(path, &token).to_request()).await;
        assert_eq!(response.status(), 200, "{path}");
        let body = read_body(response).await;
        assert!(String::from_utf8_lossy(&body).contains(expected), "{path}");
    }
}
