//! A requirement of a policy, such as `scope("orders:read")`, and the table of all requirements.

use proc_macro2::TokenStream;
use proc_macro2::extra::DelimSpan;
use syn::Ident;
use syn::parse::{ParseStream, Parser};

use crate::diagnostic::{Diagnostics, SpanRange};
use crate::requirement_args::{Argument, ClaimValue, Parameters, RequirementArgsParser};
use crate::suggest::nearest;
use crate::text_rules::{SCOPE_EXAMPLE, check_not_empty, check_scope};

/// The requirements that a policy can name, in the order in which messages list them.
///
/// A new requirement is a row here, a row in the documentation of `login_required`, and a constructor of the same name
/// in the runtime.
pub(crate) static REQUIREMENTS: [RequirementKind; 7] = [
    RequirementKind {
        name: "scope",
        form: r#"scope("...")"#,
        example: SCOPE_EXAMPLE,
        parameters: Parameters::Text(check_scope),
        negation: Negation::FailsOpenIfAbsent,
        one_per_token: false,
    },
    RequirementKind {
        name: "group",
        form: r#"group("...")"#,
        example: r#"group("admins")"#,
        parameters: Parameters::Text(check_not_empty),
        negation: Negation::FailsOpenIfAbsent,
        one_per_token: false,
    },
    RequirementKind {
        name: "client",
        form: r#"client("...")"#,
        example: r#"client("0oa...")"#,
        parameters: Parameters::Text(check_not_empty),
        negation: Negation::Constructor("not_client"),
        one_per_token: true,
    },
    RequirementKind {
        name: "user",
        form: r#"user("...")"#,
        example: r#"user("alice@example.com")"#,
        parameters: Parameters::Text(check_not_empty),
        negation: Negation::Constructor("not_user"),
        one_per_token: true,
    },
    RequirementKind {
        name: "user_id_present",
        form: "user_id_present()",
        example: "user_id_present()",
        parameters: Parameters::Nothing,
        negation: Negation::Constructor("user_id_absent"),
        one_per_token: false,
    },
    RequirementKind {
        name: "claim",
        form: r#"claim("name", value)"#,
        example: r#"claim("tier", "gold")"#,
        parameters: Parameters::ClaimAndValue,
        negation: Negation::FailsOpenIfAbsent,
        one_per_token: false,
    },
    RequirementKind {
        name: "check",
        form: "check(path::to::function)",
        example: "check(path::to::function)",
        parameters: Parameters::Function,
        negation: Negation::FailsOpenIfUndecided,
        one_per_token: false,
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
    /// Whether a token has one value of this kind, so that two requirements with different values can't both hold.
    pub(crate) one_per_token: bool,
}

/// The meaning of `!` in front of a requirement.
enum Negation {
    /// Allowed: the runtime has a constructor of this name. The absence of a claim never meets it: every token has a
    /// client and a user, and `!user_id_present()` requires that the caller is known to be a service.
    Constructor(&'static str),
    /// Refused: a token that lacks the claim would meet it.
    FailsOpenIfAbsent,
    /// Refused: a function that can't decide returns `false`, and would let the caller in.
    FailsOpenIfUndecided,
}

impl RequirementKind {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        REQUIREMENTS.iter().find(|kind| kind.name == name)
    }

    /// The name of the constructor for the negated requirement.
    fn negated_constructor(&self) -> Option<&'static str> {
        match self.negation {
            Negation::Constructor(name) => Some(name),
            Negation::FailsOpenIfAbsent | Negation::FailsOpenIfUndecided => None,
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
            Negation::FailsOpenIfAbsent => Err(format!(
                "`!{name}(..)` would fail open: it would let in every token from which the {name} is absent, for whatever \
                 reason; `!` is allowed over {}, so require what a token must have instead",
                negatable_names()
            )),
            Negation::FailsOpenIfUndecided => Err(format!(
                "`!{name}(..)` would fail open when the function can't tell: let the function itself say no"
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
            Some(Argument::Text(_) | Argument::Function(_)) | None => "",
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

fn unknown(name: &str) -> String {
    match name {
        "all" | "any" | "and" | "or" | "not" => {
            return format!("`{name}` is not a requirement: join requirements with `&&`, `||`, `!` and parentheses");
        }
        "policy" => return "write `policy = PATH` for a named policy".to_owned(),
        _ => {}
    }
    if let Some(kind) = REQUIREMENTS.iter().find(|kind| kind.negated_constructor() == Some(name)) {
        return format!("unknown requirement `{name}`; write `!{}`", kind.form);
    }
    let names: Vec<&str> = REQUIREMENTS.iter().map(|kind| kind.name).collect();
    match nearest(name, &names).and_then(RequirementKind::find) {
        Some(near) => format!("unknown requirement `{name}`; did you mean `{}`?", near.example),
        None => format!("unknown requirement `{name}`; known are {}", forms()),
    }
}
