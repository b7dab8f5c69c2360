//! A requirement of a policy, such as `scope("orders:read")`, and the table of all requirements.

use proc_macro2::TokenStream;
use proc_macro2::extra::DelimSpan;
use syn::Ident;
use syn::parse::{ParseStream, Parser};

use crate::diagnostic::{Diagnostics, SpanRange};
use crate::duration::{ACTIVE_WITHIN, AUTH_WITHIN};
use crate::requirement_args::{Argument, ClaimValue, Parameters, RequirementArgsParser};
use crate::suggest::nearest;
use crate::text_rules::{ACR_EXAMPLE, SCOPE_EXAMPLE, check_acr, check_not_empty, check_scope};

/// The requirements that a policy can name, in the order in which messages list them.
///
/// A new requirement is a row here, a row in the documentation of `login_required`, and a constructor of the same name
/// in the runtime.
pub(crate) static REQUIREMENTS: [RequirementKind; 12] = [
    RequirementKind {
        name: "scope",
        form: r#"scope("...")"#,
        example: SCOPE_EXAMPLE,
        parameters: Parameters::Text(check_scope),
        negation: Negation::FailsOpenIfAbsent("scope"),
        limit: None,
    },
    RequirementKind {
        name: "group",
        form: r#"group("...")"#,
        example: r#"group("admins")"#,
        parameters: Parameters::Text(check_not_empty),
        negation: Negation::FailsOpenIfAbsent("group"),
        limit: None,
    },
    RequirementKind {
        name: "client",
        form: r#"client("...")"#,
        example: r#"client("0oa...")"#,
        parameters: Parameters::Text(check_not_empty),
        negation: Negation::Constructor("not_client"),
        limit: Some("one client"),
    },
    RequirementKind {
        name: "user",
        form: r#"user("...")"#,
        example: r#"user("alice@example.com")"#,
        parameters: Parameters::Text(check_not_empty),
        negation: Negation::Constructor("not_user"),
        limit: Some("one user"),
    },
    RequirementKind {
        name: "user_id_present",
        form: "user_id_present()",
        example: "user_id_present()",
        parameters: Parameters::Nothing,
        negation: Negation::Constructor("user_id_absent"),
        limit: None,
    },
    RequirementKind {
        name: "claim",
        form: r#"claim("name", value)"#,
        example: r#"claim("tier", "gold")"#,
        parameters: Parameters::ClaimAndValue,
        negation: Negation::FailsOpenIfAbsent("claim"),
        limit: None,
    },
    RequirementKind {
        name: "acr",
        form: r#"acr("...")"#,
        example: ACR_EXAMPLE,
        parameters: Parameters::Text(check_acr),
        negation: Negation::FailsOpenIfAbsent("acr"),
        limit: None,
    },
    RequirementKind {
        name: "auth_within",
        form: "auth_within(seconds)",
        example: AUTH_WITHIN.example,
        parameters: Parameters::Duration(&AUTH_WITHIN),
        negation: Negation::FailsOpenIfAbsent("auth_time"),
        limit: None,
    },
    RequirementKind {
        name: "actor",
        form: r#"actor("...")"#,
        example: r#"actor("0oa...")"#,
        parameters: Parameters::Text(check_not_empty),
        negation: Negation::FailsOpenForOtherActors,
        limit: Some("at most one actor"),
    },
    RequirementKind {
        name: "no_actor",
        form: "no_actor()",
        example: "no_actor()",
        parameters: Parameters::Nothing,
        negation: Negation::FailsOpenForOtherActors,
        limit: Some("at most one actor"),
    },
    RequirementKind {
        name: "sender_constrained",
        form: "sender_constrained()",
        example: "sender_constrained()",
        parameters: Parameters::Nothing,
        negation: Negation::FailsOpenIfAbsent("binding"),
        limit: None,
    },
    RequirementKind {
        name: "check",
        form: "check(path::to::function)",
        example: "check(path::to::function)",
        parameters: Parameters::Function,
        negation: Negation::FailsOpenIfUndecided,
        limit: None,
    },
];

/// A row of [`REQUIREMENTS`].
pub(crate) struct RequirementKind {
    /// The name in a policy, and of the constructor in the runtime.
    pub(crate) name: &'static str,
    /// The requirement with placeholders, for messages that list all of them.
    form: &'static str,
    /// The requirement with arguments, for messages about this one.
    pub(crate) example: &'static str,
    parameters: Parameters,
    negation: Negation,
    /// The value of which a token has one, so that different requirements with the same limit can't both hold.
    pub(crate) limit: Option<&'static str>,
}

/// The meaning of `!` in front of a requirement.
enum Negation {
    /// Allowed: the runtime has a constructor of this name. The absence of a claim never meets it: every token has a
    /// client and a user, and `!user_id_present()` requires that the caller is known to be a service.
    Constructor(&'static str),
    /// Refused: a token that lacks this value would meet it.
    FailsOpenIfAbsent(&'static str),
    /// Refused: a function that can't decide returns `false`, and would let the caller in.
    FailsOpenIfUndecided,
    /// Refused: every actor that the policy does not name would meet it, even one that can't be read.
    FailsOpenForOtherActors,
}

impl RequirementKind {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        REQUIREMENTS.iter().find(|kind| kind.name == name)
    }

    /// The name of the constructor for the negated requirement.
    fn negated_constructor(&self) -> Option<&'static str> {
        match self.negation {
            Negation::Constructor(name) => Some(name),
            Negation::FailsOpenIfAbsent(_) | Negation::FailsOpenIfUndecided | Negation::FailsOpenForOtherActors => None,
        }
    }
}

/// A requirement of a policy.
pub(crate) struct Requirement {
    pub(crate) kind: &'static RequirementKind,
    pub(crate) arguments: Vec<Argument>,
    /// Whether `!` is in front of it.
    pub(crate) negated: bool,
    pub(crate) span_range: SpanRange,
}

impl Requirement {
    /// Parses `name(arguments)`. Returns `None` after it has reported a mistake.
    pub(crate) fn parse(
        name: &Ident,
        arguments: TokenStream,
        parentheses: DelimSpan,
        span_range: SpanRange,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let text = name.to_string();
        let Some(kind) = RequirementKind::find(&text) else {
            diagnostics.at(name, unknown(&text));
            return None;
        };
        let RequirementKind { name, example, parameters, .. } = kind;
        let parse =
            |input: ParseStream<'_>| RequirementArgsParser { input, parentheses, parameters, name, example }.parse();
        match parse.parse2(arguments) {
            Ok(arguments) => Some(Self { kind, arguments, negated: false, span_range }),
            Err(error) => {
                diagnostics.push(error);
                None
            }
        }
    }

    /// Negates the requirement.
    ///
    /// # Errors
    ///
    /// The message if it can't be negated.
    pub(crate) fn negate(&mut self) -> Result<(), String> {
        if self.negated {
            return Err("`!` over `!` says nothing: remove both".to_owned());
        }
        let name = self.kind.name;
        match self.kind.negation {
            Negation::Constructor(_) => {
                self.negated = true;
                Ok(())
            }
            Negation::FailsOpenIfAbsent(value) => Err(format!(
                "`!{name}(..)` would fail open: it would let in every token from which the {value} is absent, for whatever \
                 reason; `!` is allowed over {}, so require what a token must have instead",
                negatable_names()
            )),
            Negation::FailsOpenIfUndecided => Err(format!(
                "`!{name}(..)` would fail open when the function can't tell: let the function itself say no"
            )),
            Negation::FailsOpenForOtherActors => Err(format!(
                "`!{}` would fail open: it would let in actors that the policy does not name, even if the `act` claim can't \
                 be read; write `actor(\"...\")` or `no_actor()`",
                self.kind.form
            )),
        }
    }

    /// The requirement as it is written in a policy, without `!`. Equal requirements have the same text.
    pub(crate) fn without_negation(&self) -> String {
        let arguments: Vec<String> = self.arguments.iter().map(Argument::to_string).collect();
        format!("{}({})", self.kind.name, arguments.join(", "))
    }

    /// The name of the constructor in the runtime. That of `claim` has one for each type of value.
    pub(crate) fn constructor(&self) -> String {
        if self.negated
            && let Some(name) = self.kind.negated_constructor()
        {
            return name.to_owned();
        }
        let suffix = match self.arguments.last() {
            Some(Argument::Value(ClaimValue::Text(_))) => "_text",
            Some(Argument::Value(ClaimValue::Integer(..))) => "_integer",
            Some(Argument::Value(ClaimValue::Boolean(_))) => "_boolean",
            Some(Argument::Text(_) | Argument::Seconds(_) | Argument::Function(_)) | None => "",
        };
        format!("{}{suffix}", self.kind.name)
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.negated { "!" } else { "" }, self.without_negation())
    }
}

/// The forms of all requirements, for messages.
pub(crate) fn forms() -> String {
    let forms: Vec<String> = REQUIREMENTS.iter().map(|kind| format!("`{}`", kind.form)).collect();
    forms.join(", ")
}

/// The names of the requirements that can be negated, for messages.
pub(crate) fn negatable_names() -> String {
    let negatable = REQUIREMENTS.iter().filter(|kind| kind.negated_constructor().is_some());
    let mut names: Vec<String> = negatable.map(|kind| format!("`{}`", kind.name)).collect();
    let last = names.pop().unwrap_or_default();
    format!("{} and {last}", names.join(", "))
}

/// The message about `active_within` in an expression.
pub(crate) const NOT_ACTIVE_WITHIN: &str = "`active_within` is not a requirement but an argument of `#[login_required(..)]`, beside the \
                                            expression: write `active_within = 10, scope(\"orders:read\")`, or use \
                                            `validator.confirm_active(&user, within).await` in the handler";

fn unknown(name: &str) -> String {
    match name {
        "active_within" => return NOT_ACTIVE_WITHIN.to_owned(),
        "all" | "any" | "and" | "or" | "not" => {
            return format!("`{name}` is not a requirement: join requirements with `&&`, `||`, `!` and parentheses");
        }
        "policy" => return "write `policy = PATH` for a named policy".to_owned(),
        "amr" => return r#"unknown requirement `amr`; did you mean `claim("amr", "mfa")`?"#.to_owned(),
        _ => {}
    }
    if let Some(kind) = REQUIREMENTS.iter().find(|kind| kind.negated_constructor() == Some(name)) {
        return format!("unknown requirement `{name}`; write `!{}`", kind.form);
    }
    let names: Vec<&str> = REQUIREMENTS.iter().map(|kind| kind.name).chain([ACTIVE_WITHIN.name]).collect();
    let near = other_name(name).or_else(|| nearest(name, &names));
    if near == Some(ACTIVE_WITHIN.name) {
        return format!("unknown requirement `{name}`; did you mean the argument `{}`?", ACTIVE_WITHIN.example);
    }
    match near.and_then(RequirementKind::find) {
        Some(near) => format!("unknown requirement `{name}`; did you mean `{}`?", near.example),
        None => format!("unknown requirement `{name}`; known are {}", forms()),
    }
}

/// The requirement or argument that others call `name`: a claim, a parameter of OpenID Connect, or the purpose.
fn other_name(name: &str) -> Option<&'static str> {
    match name {
        "mfa" | "step_up" => Some("acr"),
        "auth_time" | "max_age" => Some("auth_within"),
        "act" => Some("actor"),
        "active" | "introspect" | "introspected" | "revoked" => Some(ACTIVE_WITHIN.name),
        "cnf" | "bound" | "dpop" | "mtls" => Some("sender_constrained"),
        _ => None,
    }
}
