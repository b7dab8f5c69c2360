//! Explains the verdict on a token, or on a token and its DPoP proof. Reads the same environment variables as `server`.
//!
//! ```sh
//! echo "$TOKEN" | cargo run --example explain
//! echo "$TOKEN" | cargo run --example explain -- "$PROOF" GET https://api.example.com/orders
//! ```

use std::io::Read as _;

use okta_auth::Validator;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match dotenvy::dotenv() {
        Err(error) if !error.not_found() => return Err(format!(".env can't be read: {error}").into()),
        _ => {}
    }
    let okta = Validator::from_env()?;
    let mut token = String::new();
    std::io::stdin().read_to_string(&mut token)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let explanation = match &arguments[..] {
        [] => okta.explain(&token).await,
        [proof, method, url] => okta.explain_dpop(&token, proof, method, url).await,
        _ => return Err("give no arguments, or a proof, a method and a URL".into()),
    };
    print!("{explanation}");
    if explanation.is_valid() { Ok(()) } else { std::process::exit(1) }
}
