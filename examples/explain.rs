//! Explains the verdict on a token. Reads the same environment variables as `server`.
//!
//! ```sh
//! echo "$TOKEN" | cargo run --example explain
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
    let explanation = okta.explain(&token).await;
    print!("{explanation}");
    if explanation.is_valid() { Ok(()) } else { std::process::exit(1) }
}
