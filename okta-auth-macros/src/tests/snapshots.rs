//! The generated code, compared with the files in `tests/snapshots`. `UPDATE_SNAPSHOTS=1` updates them.

use std::path::PathBuf;

use proc_macro2::TokenStream;

use crate::entry;

/// Compares the output with the committed file. Panics with the lines that differ.
fn assert_snapshot(name: &str, source: &str, output: TokenStream) {
    let file: syn::File = syn::parse2(output).expect("generated code is syntax");
    let source: String = source.lines().map(|line| format!("// {line}\n")).collect();
    let found = format!("{source}\n{}", prettyplease::unparse(&file));
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "snapshots", &format!("{name}.rs")].iter().collect();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &found).expect("snapshots can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(found == expected, "{name} differs; UPDATE_SNAPSHOTS=1 accepts it:\n{}", difference(&expected, &found));
}

/// The lines from the first difference to the last.
fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let (expected, found) = (&expected[same..], &found[same..]);
    let tail = expected.iter().rev().zip(found.iter().rev()).take_while(|(a, b)| a == b).count();
    let removed = expected[..expected.len() - tail].iter().map(|line| format!("- {line}"));
    let added = found[..found.len() - tail].iter().map(|line| format!("+ {line}"));
    removed.chain(added).collect::<Vec<String>>().join("\n")
}

/// Expands the attribute in the first line of `source` on the item below it.
fn assert_attribute(name: &str, source: &str) {
    let item: syn::ItemFn = syn::parse_str(source).expect("a function");
    let attribute = item.attrs.first().expect("the attribute");
    let arguments = match &attribute.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let rest: TokenStream = source.lines().skip(1).collect::<Vec<&str>>().join("\n").parse().expect("tokens");
    assert_snapshot(name, source, entry::login_required(arguments, rest));
}

#[test]
fn bare() {
    assert_attribute(
        "bare",
        "#[login_required]
/// Says who is asking.
pub(crate) async fn test(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}",
    );
}

#[test]
fn generic() {
    assert_attribute(
        "generic",
        "#[login_required]
async fn create<'a, T: DeserializeOwned, const N: usize>(user: AuthContext, item: web::Json<T>) -> Result<web::Json<T>>
where
    T: Named,
{
    store::<T, N>(user, item).await
}",
    );
}

#[test]
fn future_in_place_of_async() {
    assert_attribute(
        "future_in_place_of_async",
        "#[login_required]
fn echo<T>(item: T) -> Ready<T> {
    ready(item)
}",
    );
}

#[test]
fn policy_expression() {
    assert_attribute(
        "policy_expression",
        r#"#[login_required(scope("a") && (group("b") || claim("level", -5) || !client("c")) && check(own::order))]
async fn orders() -> &'static str {
    "orders"
}"#,
    );
}

#[test]
fn named_policy() {
    assert_attribute(
        "named_policy",
        "#[login_required(policy = crate::ADMIN)]
async fn admin() -> &'static str {
    \"admin\"
}",
    );
}

#[test]
fn crate_path() {
    assert_attribute(
        "crate_path",
        "#[login_required(crate = my::okta, user_id_present())]
async fn test() -> &'static str {
    \"test\"
}",
    );
}

#[test]
fn active_within() {
    assert_attribute(
        "active_within",
        r#"#[login_required(active_within = 10, scope("payments:write"))]
async fn pay(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}"#,
    );
}

#[test]
fn active_within_of_a_named_policy() {
    assert_attribute(
        "active_within_of_a_named_policy",
        r#"#[login_required(policy = ADMIN, active_within = "1m", crate = my::okta)]
async fn admin() -> &'static str {
    "admin"
}"#,
    );
}

#[test]
fn above_other_attributes() {
    assert_attribute(
        "above_other_attributes",
        r#"#[login_required(scope("a"), crate = my::okta)]
/// Says who is asking.
#[routes]
#[get("/test")]
#[head("/test")]
#[allow(unused)]
async fn test(user: AuthContext) -> String {
    user.user().to_owned()
}"#,
    );
}

#[test]
fn policy_macro() {
    let output = entry::policy(r#"scope("a") && group("b")"#.parse().expect("tokens"));
    assert_snapshot(
        "policy_macro",
        r#"static ADMIN: Policy = policy!(scope("a") && group("b"));"#,
        quote::quote!(static ADMIN: Policy = #output;),
    );
}

#[test]
fn difference_shows_the_lines_that_differ() {
    assert_eq!(difference("a\nb\nc\nd", "a\nx\ny\nd"), "- b\n- c\n+ x\n+ y");
    assert_eq!(difference("a", "a\nb"), "+ b");
}
