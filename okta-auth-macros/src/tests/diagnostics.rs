//! Invalid use: each diagnostic, and the tokens that it points at.
//!
//! A case is a line of source, followed by a line for each diagnostic: `^` below the tokens, and the beginning of the
//! message.

use proc_macro2::TokenStream;

use crate::args::LoginRequiredArgs;
use crate::handler::Handler;

const ARGUMENTS: &str = r#"
scpoe("a")
^^^^^ unknown requirement `scpoe`; did you mean `scope("orders:read")`?

tenant("a")
^^^^^^ unknown requirement `tenant`; known are `scope("...")`, `group("...")`

all(scope("a"), scope("b"))
^^^ `all` is not a requirement: join requirements with `&&`, `||`, `!`

policy(ADMIN)
^^^^^^ write `policy = PATH` for a named policy

user_id_absent()
^^^^^^^^^^^^^^ unknown requirement `user_id_absent`; write `!user_id_present()`

not_client("a")
^^^^^^^^^^ unknown requirement `not_client`; write `!client("...")`

okta_auth::scope("a")
^^^^^^^^^ a policy names its predicates without a path

user_id_presnt()
^^^^^^^^^^^^^^ unknown requirement `user_id_presnt`; did you mean `user_id_present()`?

ADMIN
^^^^^ `ADMIN` is not a requirement: write `scope("...")`, `group("...")`

scope
^^^^^ write `scope("orders:read")`

group
^^^^^ write `group("admins")`

client
^^^^^^ write `client("0oa...")`

user
^^^^ write `user("alice@example.com")`

claim
^^^^^ write `claim("tier", "gold")`

check
^^^^^ write `check(path::to::function)`

user_id_present
^^^^^^^^^^^^^^^ write `user_id_present()`

"orders:read"
^^^^^^^^^^^^^ not a policy: requirements are `scope("...")`

scope("")
      ^^ a scope can't be empty (RFC 6749, section 3.3)

scope("a b")
      ^^^^^ a scope holds no space (RFC 6749, section 3.3); write one `scope(..)` for each: `scope("a") && scope("b")`

scope(" ")
      ^^^ a scope holds no space (RFC 6749, section 3.3); write one `scope(..)` for each: `scope("orders:read")`

scope("ä")
      ^^^ a scope can't hold 'ä': allowed is printable ASCII

scope("a\"b")
      ^^^^^^ a scope can't hold '"'

scope("a\\b")
      ^^^^^^ a scope can't hold '\\'

scope("a\tb")
      ^^^^^^ a scope can't hold '\t'

scope("a\u{7f}")
      ^^^^^^^^^ a scope can't hold '\u{7f}'

scope(1)
      ^ `scope` takes a string literal: `scope("orders:read")`

scope(b"a")
      ^^^^ `scope` takes a string literal

scope(c"a")
      ^^^^ `scope` takes a string literal

scope('a')
      ^^^ `scope` takes a string literal

scope(SCOPE)
      ^^^^^ `scope` takes a string literal

scope(concat!("a", "b"))
      ^^^^^^^^^^^^^^^^^ `scope` takes a string literal

scope("a"x)
      ^^^^ remove the suffix `x`

scope()
     ^^ `scope` needs its argument: `scope("orders:read")`

scope("a", "b")
           ^^^ `scope` takes one string literal; join several with `&&` or `||`

scope("a" "b")
          ^^^ `scope` takes one string literal

group("")
      ^^ this can't be empty: write what a token must have

client("")
       ^^ this can't be empty: write what a token must have

user("")
     ^^ this can't be empty: write what a token must have

client(true)
       ^^^^ `client` takes a string literal

user_id_present("a")
                ^^^ `user_id_present` takes no arguments

user_id_present(,)
                ^ `user_id_present` takes no arguments

claim()
     ^^ `claim` needs a name and a value: `claim("tier", "gold")`

claim("tier")
     ^^^^^^^^ `claim` needs a name and a value

claim("tier",)
     ^^^^^^^^^ `claim` needs a name and a value

claim("tier" "gold")
             ^^^^^^ `claim` takes a comma here

claim("tier", "gold", "silver")
                      ^^^^^^^^ `claim` takes a name and one value; for several values join several with `||`

claim("", "gold")
      ^^ the name of a claim can't be empty

claim("tier", "")
              ^^ this can't be empty: write what a token must have

claim(tier, "gold")
      ^^^^ `claim` takes a string literal

claim("tier", gold)
              ^^^^ `claim` takes a string, an integer or a bool

claim("level", 1.5)
               ^^^ a claim is compared with a string, an integer or a bool: a fraction has no exact form

claim("level", -1.5)
                ^^^ a claim is compared with a string, an integer or a bool

claim("level", 'a')
               ^^^ `claim` takes a string, an integer or a bool

claim("level", b'a')
               ^^^^ `claim` takes a string, an integer or a bool

claim("level", -"a")
                ^^^ `claim` takes a string, an integer or a bool

claim("level", 5u8)
               ^^^ remove the suffix `u8`

claim("level", 9223372036854775808)
               ^^^^^^^^^^^^^^^^^^^ the integer of a claim has to fit into an `i64`

claim("level", -9223372036854775809)
               ^^^^^^^^^^^^^^^^^^^^ the integer of a claim has to fit into an `i64`

claim("/a~b", 1)
      ^^^^^^ a claim that starts with `/` is a JSON Pointer (RFC 6901): write `~0` for `~`

claim("/a~0~", 1)
      ^^^^^^^ a claim that starts with `/` is a JSON Pointer

max_age(300)
^^^^^^^ unknown requirement `max_age`; did you mean `auth_within(300)`?

auth_time(300)
^^^^^^^^^ unknown requirement `auth_time`; did you mean `auth_within(300)`?

auth_witin("5m")
^^^^^^^^^^ unknown requirement `auth_witin`; did you mean `auth_within(300)`?

mfa()
^^^ unknown requirement `mfa`; did you mean `acr("urn:okta:loa:2fa:any")`?

step_up("2fa")
^^^^^^^ unknown requirement `step_up`; did you mean `acr("urn:okta:loa:2fa:any")`?

amr("mfa")
^^^ unknown requirement `amr`; did you mean `claim("amr", "mfa")`?

act("a")
^^^ unknown requirement `act`; did you mean `actor("0oa...")`?

dpop()
^^^^ unknown requirement `dpop`; did you mean `sender_constrained()`?

cnf()
^^^ unknown requirement `cnf`; did you mean `sender_constrained()`?

sender_constraint()
^^^^^^^^^^^^^^^^^ unknown requirement `sender_constraint`; did you mean `sender_constrained()`?

not_actor("a")
^^^^^^^^^ unknown requirement `not_actor`; did you mean `no_actor()`?

acr
^^^ write `acr("urn:okta:loa:2fa:any")`

auth_within
^^^^^^^^^^^ write `auth_within(300)`

actor
^^^^^ write `actor("0oa...")`

no_actor
^^^^^^^^ write `no_actor()`

sender_constrained
^^^^^^^^^^^^^^^^^^ write `sender_constrained()`

acr()
   ^^ `acr` needs its argument: `acr("urn:okta:loa:2fa:any")`

acr("")
    ^^ this can't be empty

acr(2)
    ^ `acr` takes a string literal: `acr("urn:okta:loa:2fa:any")`

acr("phr", "phrh")
           ^^^^^^ `acr` takes one string literal; join several with `&&` or `||`

acr("phr phrh")
    ^^^^^^^^^^ an acr value holds no space (RFC 9470, section 3); write one `acr(..)` for each: `acr("phr") || acr("phrh")`

acr(" ")
    ^^^ an acr value holds no space (RFC 9470, section 3); write one `acr(..)` for each: `acr("urn:okta:loa:2fa:any")`

acr("urn:okta:loa:2fa:any ")
    ^^^^^^^^^^^^^^^^^^^^^^^ an acr value holds no space

acr("ä")
    ^^^ an acr value can't hold 'ä': allowed is printable ASCII except space, `"` and `\` (RFC 9470, section 3)

acr("a\"b")
    ^^^^^^ an acr value can't hold '"'

acr("a\\b")
    ^^^^^^ an acr value can't hold '\\'

acr("a\nb")
    ^^^^^^ an acr value can't hold '\n'

acr("urn:okta:loa:2fa:anny")
    ^^^^^^^^^^^^^^^^^^^^^^^ Okta has no acr value `urn:okta:loa:2fa:anny`; did you mean `urn:okta:loa:2fa:any`?

acr("URN:okta:loa:2fa:any")
    ^^^^^^^^^^^^^^^^^^^^^^ Okta has no acr value `URN:okta:loa:2fa:any`; did you mean `urn:okta:loa:2fa:any`?

acr("urn:okta:loa:1FA:pwd")
    ^^^^^^^^^^^^^^^^^^^^^^ Okta has no acr value `urn:okta:loa:1FA:pwd`; did you mean `urn:okta:loa:1fa:pwd`?

acr("urn:okta:loa:2fa")
    ^^^^^^^^^^^^^^^^^^ Okta has no acr value `urn:okta:loa:2fa`; did you mean `urn:okta:loa:2fa:any`?

acr("urn:okta:loa:fa:any")
    ^^^^^^^^^^^^^^^^^^^^^ Okta has no acr value `urn:okta:loa:fa:any`; did you mean `urn:okta:loa:2fa:any`?

acr("urn:okta:loa:2fa:any:if_possible")
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ Okta has no acr value `urn:okta:loa:2fa:any:if_possible`; did you mean `urn:okta:loa:2fa:any:ifpossible`?

acr("urn:okta:loa:phr")
    ^^^^^^^^^^^^^^^^^^ Okta has no acr value `urn:okta:loa:phr`: it has `urn:okta:loa:2fa:any`, `urn:okta:loa:1fa:pwd`, `urn:okta:loa:1fa:any`, `urn:okta:loa:2fa:any:ifpossible`, `phr` and `phrh`

acr("urn:okta:")
    ^^^^^^^^^^^ Okta has no acr value `urn:okta:`: it has

auth_within()
           ^^ `auth_within` needs its argument: `auth_within(300)`

auth_within(300, 600)
                 ^^^ `auth_within` takes one integer of seconds, or one string such as `"5m"`: `auth_within(300)`

auth_within(60 * 5)
               ^^^ `auth_within` takes one integer of seconds

auth_within(5 m)
              ^ `auth_within` takes one integer of seconds

auth_within(0)
            ^ a duration is at least 1 second and at most 1 year (31536000 seconds)

auth_within(-300)
            ^^^^ a duration is at least 1 second

auth_within(31536001)
            ^^^^^^^^ a duration is at least 1 second and at most 1 year

auth_within(99999999999999999999)
            ^^^^^^^^^^^^^^^^^^^^ a duration is at least 1 second and at most 1 year

auth_within("0m")
            ^^^^ a duration is at least 1 second

auth_within("366d")
            ^^^^^^ a duration is at least 1 second and at most 1 year

auth_within(300.0)
            ^^^^^ `auth_within` takes an integer of seconds, or a string such as `"5m"`: `auth_within(300)`

auth_within(-1.5)
             ^^^ `auth_within` takes an integer of seconds

auth_within(-"5m")
             ^^^^ `auth_within` takes an integer of seconds

auth_within('5')
            ^^^ `auth_within` takes an integer of seconds

auth_within(MAX_AGE)
            ^^^^^^^ `auth_within` takes an integer of seconds, or a string such as `"5m"`: `auth_within(300)`

auth_within(Duration::from_secs(300))
            ^^^^^^^^^^^^^^^^^^^^^^^^ `auth_within` takes an integer of seconds

auth_within(300u64)
            ^^^^^^ remove the suffix `u64`

auth_within(300i32)
            ^^^^^^ remove the suffix `i32`

auth_within(300f64)
            ^^^^^^ remove the suffix `f64`

auth_within("5m"x)
            ^^^^^ remove the suffix `x`

auth_within(5m)
            ^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`; did you mean `auth_within("5m")`?

auth_within(1h30m)
            ^^^^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`; did you mean `auth_within("90m")`?

auth_within(-5m)
            ^^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`, such as `auth_within("5m")`

auth_within(1w)
            ^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`, such as `auth_within("5m")`

auth_within("5min")
            ^^^^^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`; did you mean `auth_within("5m")`?

auth_within("300")
            ^^^^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`, such as `auth_within("5m")`

auth_within("")
            ^^ a duration is an integer of seconds

actor()
     ^^ `actor` needs its argument: `actor("0oa...")`

actor("")
      ^^ this can't be empty: write what a token must have

actor(AGENT)
      ^^^^^ `actor` takes a string literal

actor("a", "b")
           ^^^ `actor` takes one string literal

no_actor("a")
         ^^^ `no_actor` takes no arguments: `no_actor()`

sender_constrained(1)
                   ^ `sender_constrained` takes no arguments: `sender_constrained()`

check()
     ^^ `check` needs its argument: `check(path::to::function)`

check("a")
      ^^^ `check` takes the path of a function `fn(&AuthContext, &HttpRequest) -> bool`

check(|user, request| true)
      ^^^^^ `check` takes the path of a function `fn(&AuthContext, &HttpRequest) -> bool`, not a closure

check(|| true)
      ^^^^^^^ `check` takes the path of a function `fn(&AuthContext, &HttpRequest) -> bool`, not a closure

check(move |user| true)
      ^^^^^^^^^^^^^^^^ `check` takes the path of a function `fn(&AuthContext, &HttpRequest) -> bool`, not a closure

check(a, b)
         ^ `check` takes one function

check(a())
       ^^ `check` takes one function

!scope("a")
^ `!scope(..)` would fail open: it would let in every token from which the scope is absent

!group("a")
^ `!group(..)` would fail open

!claim("a", 1)
^ `!claim(..)` would fail open

!acr("phr")
^ `!acr(..)` would fail open: it would let in every token from which the acr is absent

!auth_within(300)
^ `!auth_within(..)` would fail open: it would let in every token from which the auth_time is absent

!actor("a")
^ `!actor("...")` would fail open: it would let in actors that the policy does not name, even if the `act` claim can't be read; write `actor("...")` or `no_actor()`

!no_actor()
^ `!no_actor()` would fail open: it would let in actors that the policy does not name

!sender_constrained()
^ `!sender_constrained(..)` would fail open: it would let in every token from which the binding is absent

!check(a)
^ `!check(..)` would fail open when the function can't tell: let the function itself say no

!(client("a") || client("b"))
^ `!` is allowed over `client`, `user` and `user_id_present` alone

!!client("a")
^ `!` over `!` says nothing: remove both

scope("a") && !(!user("b"))
              ^ `!` over `!` says nothing: remove both

scope("a") & scope("b")
           ^ write `&&`: a policy has no bitwise operators

scope("a") | scope("b")
           ^ write `||`: a policy has no bitwise operators

scope("a") scope("b")
           ^^^^^ write `&&`, `||` or `,` here

scope("a") and scope("b")
           ^^^ write `&&`, `||` or `,` here

scope("a"), group("b")
            ^^^^^^^^^^ join requirements with `&&` or `||` instead of a comma

(scope("a"), group("b"))
           ^ not a policy: requirements are

()
 ^ a requirement is missing here

scope("a") &&
           ^^ a requirement is missing after `&&`

(scope("a") ||) && scope("b")
            ^^ a requirement is missing after `||`

scope("a") && !
              ^ a requirement is missing after `!`

scope("a") && && scope("b")
              ^ not a policy

,
^ not a policy

scope("a") && scope("a")
              ^^^^^^^^^^ `scope("a")` stands twice in this `&&`: remove one

scope("a") || (group("b") || scope(r"a"))
                             ^^^^^^^^^^^ `scope("a")` stands twice in this `||`: remove one

client("a") && client("a") && client("b")
               ^^^^^^^^^^^ `client("a")` stands twice in this `&&`: remove one

scop("a") && user("b") && user("b"), rate = 5
^^^^ unknown requirement `scop`
                                     ^^^^ unknown argument `rate`
                          ^^^^^^^^^ `user("b")` stands twice in this `&&`: remove one

claim("n", 1) || claim("n", 0x1)
                 ^^^^^^^^^^^^^^^ `claim("n", 1)` stands twice

check(a::b) && group("c") && check(a :: b)
                             ^^^^^^^^^^^^^ `check(a::b)` stands twice

client("a") && client("b")
^^^^^^^^^^^^^^^^^^^^^^^^^^ this can never hold (a token has one client): no token would be let in; did you mean `||`?

scope("s") && client("a") && client("b") && group("g")
              ^^^^^^^^^^^^^^^^^^^^^^^^^^ this can never hold (a token has one client)

group("g") || (scope("s") && (user("a") && user("b")))
                              ^^^^^^^^^^^^^^^^^^^^^^ this can never hold (a token has one user)

client("a") && !client("a")
^^^^^^^^^^^^^^^^^^^^^^^^^^^ this can never hold: no token would be let in

client("a") || !client("a")
^^^^^^^^^^^^^^^^^^^^^^^^^^^ this always holds: every valid token would be let in

scope("s") && (!user("a") || !user("b"))
               ^^^^^^^^^^^^^^^^^^^^^^^^ this always holds (a token has one user): every valid token would be let in

user_id_present() || scope("s") || !user_id_present()
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this always holds

(client("a") || client("b")) && !client("a") && !client("b")
 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this can never hold

(client("a") && client("b")) || (user("a") && user("b"))
 ^^^^^^^^^^^^^^^^^^^^^^^^^^ this can never hold (a token has one client)
                                 ^^^^^^^^^^^^^^^^^^^^^^ this can never hold (a token has one user)

actor("a") && actor("b")
^^^^^^^^^^^^^^^^^^^^^^^^ this can never hold (a token has at most one actor): no token would be let in; did you mean `||`?

scope("s") && actor("a") && no_actor()
              ^^^^^^^^^^^^^^^^^^^^^^^^ this can never hold (a token has at most one actor)

(actor("a") || no_actor()) && (actor("b") || actor("c"))
 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this can never hold (a token has at most one actor)

auth_within(300) && auth_within("5m")
                    ^^^^^^^^^^^^^^^^^ `auth_within(300)` stands twice in this `&&`: remove one

acr("phr") || acr(r"phr")
              ^^^^^^^^^^^ `acr("phr")` stands twice in this `||`: remove one

no_actor() && no_actor()
              ^^^^^^^^^^ `no_actor()` stands twice

sender_constrained() || sender_constrained()
                        ^^^^^^^^^^^^^^^^^^^^ `sender_constrained()` stands twice

policy = ADMIN, scope("a")
                ^^^^^^^^^^ either a named policy or an expression

scope("a"), policy = ADMIN
            ^^^^^^ either a named policy or an expression

policy = A, policy = B
            ^^^^^^ `policy` stands twice: remove one

crate = a, crate = b
           ^^^^^ `crate` stands twice: remove one

policy = "ADMIN"
         ^^^^^^^ `policy` takes the path of a `static` or `const`: `policy = ADMIN`, without quotes

crate = "my_crate"
        ^^^^^^^^^^ `crate` takes a path: `crate = my_crate::okta_auth`, without quotes

policy = scope("a")
^^^^^^ leave out `policy =` in front of an expression

policy =
       ^ `policy` takes the path of a `static` or `const`

polcy = ADMIN
^^^^^ unknown argument `polcy`; did you mean `policy`?

role = "admin"
^^^^ unknown argument `role`: known are an expression, `policy = PATH`, `crate = path`, `active_within = 10`

auth_within = 300
^^^^^^^^^^^ `auth_within` is a requirement: write `auth_within(300)`

active_witin = 10
^^^^^^^^^^^^ unknown argument `active_witin`; did you mean `active_within`?

active_within = 10, scope("a"), active_within = 20
                                ^^^^^^^^^^^^^ `active_within` stands twice: remove one

active_within =
              ^ `active_within` takes an integer of seconds, or a string such as `"30s"`: `active_within = 10`

active_within = , scope("a")
              ^ `active_within` takes an integer of seconds

active_within = 61
                ^^ `active_within` is at least 0 and at most 60 seconds: no answer of the authorization server is remembered for longer than 60 s

active_within = -10
                ^^^ `active_within` is at least 0 and at most 60 seconds

active_within = 99999999999999999999
                ^^^^^^^^^^^^^^^^^^^^ `active_within` is at least 0 and at most 60 seconds

active_within = "61s"
                ^^^^^ `active_within` is at least 0 and at most 60 seconds

active_within = "2m"
                ^^^^ `active_within` is at least 0 and at most 60 seconds

active_within = 10u64
                ^^^^^ remove the suffix `u64`

active_within = "10s"x
                ^^^^^^ remove the suffix `x`

active_within = 10s
                ^^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`; did you mean `active_within = "10s"`?

active_within = "10 sec"
                ^^^^^^^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`; did you mean `active_within = "10s"`?

active_within = "0 seconds"
                ^^^^^^^^^^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`; did you mean `active_within = "0s"`?

active_within = "5 minutes"
                ^^^^^^^^^^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`, such as `active_within = "30s"`

active_within = "10"
                ^^^^ a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`, such as `active_within = "30s"`

active_within = 1.5
                ^^^ `active_within` takes an integer of seconds, or a string such as `"30s"`: `active_within = 10`

active_within = true
                ^^^^ `active_within` takes an integer of seconds

active_within = WITHIN
                ^^^^^^ `active_within` takes an integer of seconds

active_within = Duration::from_secs(10), scpoe("a")
                ^^^^^^^^^^^^^^^^^^^^^^^ `active_within` takes an integer of seconds
                                         ^^^^^ unknown requirement `scpoe`

active_within = 6 * 10
                  ^^^^ `active_within` takes one integer of seconds, or one string such as `"30s"`; a comma separates it from the expression: `active_within = 10, scope("orders:read")`

active_within = 10 && scope("a")
                   ^^^^^^^^^^^^^ `active_within` takes one integer of seconds, or one string such as `"30s"`; a comma separates it

active_within = 10 scope("a")
                   ^^^^^^^^^^ `active_within` takes one integer of seconds, or one string such as `"30s"`; a comma separates it

scope("a") active_within = 10
           ^^^^^^^^^^^^^ write `&&`, `||` or `,` here

scope("a") && active_within = 10
              ^^^^^^^^^^^^^ `active_within` is not a requirement but an argument of `#[login_required(..)]`, beside the expression: write `active_within = 10, scope("orders:read")`, or use `validator.confirm_active(&user, within).await` in the handler

(scope("a") || active_within = 10)
               ^^^^^^^^^^^^^ `active_within` is not a requirement

(active_within = 10), scope("a")
 ^^^^^^^^^^^^^ `active_within` is not a requirement

scope("a") && active_within(10)
              ^^^^^^^^^^^^^ `active_within` is not a requirement

active_within(10)
^^^^^^^^^^^^^ `active_within` is not a requirement

!active_within(10)
 ^^^^^^^^^^^^^ `active_within` is not a requirement

active_within == 10
^^^^^^^^^^^^^ `active_within` is not a requirement

active_within
^^^^^^^^^^^^^ `active_within` is not a requirement

active_witin(10) && scope("a")
^^^^^^^^^^^^ unknown requirement `active_witin`; did you mean the argument `active_within = 10`?

introspect()
^^^^^^^^^^ unknown requirement `introspect`; did you mean the argument `active_within = 10`?

active_within = 61, scop("a"), polcy = ADMIN, active_within = "1"
                ^^ `active_within` is at least 0
                    ^^^^ unknown requirement `scop`
                               ^^^^^ unknown argument `polcy`; did you mean `policy`?
                                                              ^^^ a duration is an integer of seconds

scop("a") && grup("b"), rate = 5, scope("a b")
^^^^ unknown requirement `scop`
             ^^^^ unknown requirement `grup`
                        ^^^^ unknown argument `rate`; did you mean `crate`?
                                        ^^^^^ a scope holds no space
                                  ^^^^^^^^^^^^ join requirements with
"#;

const POLICY_MACRO_ARGUMENTS: &str = r#"
policy = ADMIN
         ^^^^^ `policy!` makes a policy from an expression: refer to a named one by its name

active_within = 10
^^^^^^^^^^^^^ `policy!` takes no `active_within`, because `Policy::authorize` does not wait: write `active_within = 10` into `#[login_required(..)]`, or use `validator.confirm_active(&user, within).await` in the handler

active_within = 10, scop("a"), policy = ADMIN
^^^^^^^^^^^^^ `policy!` takes no `active_within`
                    ^^^^ unknown requirement `scop`
                                        ^^^^^ `policy!` makes a policy

scope("a"), active_within = NOT_A_DURATION
            ^^^^^^^^^^^^^ `policy!` takes no `active_within`

active_within(10)
^^^^^^^^^^^^^ `active_within` is not a requirement
"#;

const HANDLERS: &str = r#"
struct Test;
^^^^^^ `#[login_required]` stands on a handler function

pub(crate) mod api {}
           ^^^ `#[login_required]` stands on a handler function

impl Api { async fn test() {} }
^^^^ `#[login_required]` stands on a handler function

const TEST: u8 = 1;
^^^^^ `#[login_required]` stands on a handler function

async fn test();
               ^ a handler needs a body

fn test() { body }
^^ a handler is asynchronous: write `async fn`, or return a future

pub const fn test() -> T { body }
    ^^^^^ a handler runs for each request: remove `const`

async unsafe fn test() -> T { body }
      ^^^^^^ actix-web can't call an `unsafe fn`

extern "C" fn test() -> T { body }
^^^^^^^^^^ actix-web can't call an `extern fn`

unsafe extern "C" fn test(a: u8, ...) -> T { body }
^^^^^^ actix-web can't call an `unsafe fn`
       ^^^^^^^^^^ actix-web can't call an `extern fn`
                                 ^^^ a handler can't be variadic

async fn test(&self) -> T { body }
               ^^^^ a handler has no `self`

async fn test(mut self, user: AuthContext) -> T { body }
                  ^^^^ a handler has no `self`

async fn test(user: Wrapper<Self>) -> T { body }
                            ^^^^ `Self` is not known in a handler

async fn test() -> Result<T, Self::Error> { body }
                             ^^^^ `Self` is not known in a handler

async fn test() -> T { if !(Self::is()) { Self::new() } }
                            ^^^^ `Self` is not known in a handler
                                          ^^^^ `Self` is not known in a handler

async fn test() -> T { fn a() -> impl Fn(Self) { Self } }
                                         ^^^^ `Self` is not known
                                                 ^^^^ `Self` is not known

async fn test() -> T { struct A<const N: usize>; impl A<{ N }> { fn a(self) -> Self { Self } } Self }
                                                                                               ^^^^ `Self` is not known

async fn test(user: Option<AuthContext>) -> T { body }
                    ^^^^^^^^^^^^^^^^^^^ `Option<AuthContext>` would turn a bad token into an anonymous caller

async fn test(user: ::core::option::Option::<okta_auth::AuthContext>) -> T { body }
                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `Option<AuthContext>`

async fn test((user, _): (Option<auth::AuthContext,>, Path<u8>)) -> T { body }
                          ^^^^^^^^^^^^^^^^^^^^^^^^^ `Option<AuthContext>`

async fn test(a: impl FromRequest) -> T { body }
                 ^^^^ actix-web can't tell what to extract for `impl Trait`

async fn test(a: A, b: A, c: A, d: A, e: A, f: A, g: A, h: A, i: A, j: A, k: A, l: A, m: A, n: A, o: A, p: A, q: A, r: A) -> T { body }
                                                                                                              ^^^^ actix-web handlers take at most 16 arguments
"#;

const ACCEPTED_ARGUMENTS: &str = r##"

scope("orders:read")
scope("!#[]~"),
scope(r"a") || scope(r#"b"#)
claim("/a~0~1/b", "x") && claim("a~b", "x") && claim("https://example.com/roles", true)
claim("n", -9223372036854775808) || claim("n", 9223372036854775807) || claim("n", 0xff)
claim("n", 1) && claim("n", 2) && claim("n", "1")
acr("urn:okta:loa:1fa:any") || acr("urn:okta:loa:1fa:pwd") || acr("urn:okta:loa:2fa:any") || acr("urn:okta:loa:2fa:any:ifpossible")
acr("phr") || acr("phrh") || acr("prh") || acr("urn:mace:silver") || acr("urn:oktapreview:loa") || acr("2") || acr("!#[]~")
acr("phr") && acr("phrh") && acr("urn:okta:loa:2fa:any",)
auth_within(1) && auth_within(31536000) && auth_within(0x12c) && auth_within(1_000) && auth_within("90s") && auth_within("2h",)
(acr("phr") && auth_within("1d")) || auth_within("1s")
actor("a") || actor("b") || no_actor()
actor("a") && user("b") && !client("a")
sender_constrained() || (scope("a") && check(b))
check(a) && check(a::<b>) && check(<A as B>::c) && check(self::d) && check(crate::e)
client("a") || client("b") || (!client("c") && scope("s"))
!client("a") && !client("b") && !(user("u")) && !user_id_present()
user("a") && client("a")
(scope("a") || group("b")) && (scope("a") || group("c"))
policy = ADMIN
policy = crate::policies::ADMIN, crate = ::renamed
crate = self::okta
active_within = 10
active_within = 0
active_within = 60,
active_within = 0x3c, policy = ADMIN
active_within = "0s", scope("a")
policy = ADMIN, active_within = "1m"
scope("a") && group("b"), active_within = "60s", crate = okta
crate = okta, active_within = 1_0, scope("a") || user("b")
crate = crate, scope("a")
scope("a"), crate = okta
client("a") && client("b") && scope("1") && scope("2") && scope("3") && scope("4") && scope("5") && scope("6") && scope("7") && scope("8") && scope("9") && scope("10") && scope("11")
"##;

const ACCEPTED_HANDLERS: &str = r#"
async fn test() {}
pub(crate) async fn test(user: AuthContext) -> T { body }
fn test() -> impl Future<Output = T> { body }
async fn test(user: Option<User>, other: AuthContext<Option<u8>>) -> T { body }
async fn test() -> T { enum A { B(Box<Self>) } union C { a: Self } trait D where Self: Sized { fn d(self) -> Self; } }
async fn test() -> T { struct A(Option<Box<Self>>); unsafe impl<T: Fn() -> u8> Send for A where Self: Sized {} ; impl A { fn a() -> Self {} } }
async fn test() -> T { macro_rules! a { () => { Self } } item! { impl A for Self {} } std::vec![Self] }
async fn test() -> T { #![allow(unused)] #[derive(A)] impl A { fn a() -> Self {} } }
async fn test() -> T { syntax ~ that : is [ not known ] + yet }
async fn test(a: A, b: A, c: A, d: A, e: A, f: A, g: A, h: A, i: A, j: A, k: A, l: A, m: A, n: A, o: A, p: A, #[cfg(test)] q: A) -> T { body }
"#;

/// Checks that each case has the diagnostics that it lists, in this order.
fn assert_refused(cases: &str, parse: fn(TokenStream) -> syn::Result<()>) {
    for case in cases.trim().split("\n\n") {
        let (source, expected) = case.split_once('\n').expect("a case has a complaint");
        let errors: Vec<syn::Error> = match parse(source.parse().expect("tokens")) {
            Ok(()) => panic!("accepted: {source}"),
            Err(error) => error.into_iter().collect(),
        };
        let found: Vec<String> = errors
            .iter()
            .zip(expected.lines().chain(std::iter::repeat("")))
            .map(|(error, expected)| {
                let (start, end) = (error.span().start().column, error.span().end().column);
                let length = expected.trim_start_matches([' ', '^']).chars().count();
                let message: String = error.to_string().chars().take(length.max(1)).collect();
                format!("{}{} {message}", " ".repeat(start), "^".repeat(end - start))
            })
            .collect();
        let expected: Vec<&str> = expected.lines().collect();
        assert_eq!(found.join("\n"), expected.join("\n"), "\nfor   {source}\nwhole {errors:#?}");
    }
}

fn arguments(tokens: TokenStream) -> syn::Result<()> {
    LoginRequiredArgs::parse(tokens).map(drop)
}

fn handler(tokens: TokenStream) -> syn::Result<()> {
    Handler::parse(tokens).map(drop)
}

#[test]
fn wrong_arguments_are_reported_at_their_tokens() {
    assert_refused(ARGUMENTS, arguments);
}

#[test]
fn wrong_arguments_of_policy_are_reported_at_their_tokens() {
    assert_refused(POLICY_MACRO_ARGUMENTS, |tokens| LoginRequiredArgs::parse_expression(tokens).map(drop));
}

#[test]
fn wrong_handlers_are_reported_at_their_tokens() {
    assert_refused(HANDLERS, handler);
}

#[test]
fn valid_arguments_are_accepted() {
    for source in ACCEPTED_ARGUMENTS.lines() {
        if let Err(error) = arguments(source.parse().expect("tokens")) {
            panic!("{source}\n{error}");
        }
    }
}

#[test]
fn valid_handlers_are_accepted() {
    for source in ACCEPTED_HANDLERS.trim().lines() {
        if let Err(error) = handler(source.parse().expect("tokens")) {
            panic!("{source}\n{error}");
        }
    }
}

#[test]
fn rejected_item_is_emitted_unchanged() {
    let item = r#"#[get("/")] pub async fn test(&self) -> Self { body ~ }"#;
    let tokens: TokenStream = item.parse().expect("tokens");
    let output = crate::entry::login_required("scpoe(1)".parse().expect("tokens"), tokens.clone()).to_string();
    assert!(output.ends_with(&tokens.to_string()), "{output}");
    assert_eq!(output.matches(":: core :: compile_error !").count(), 3, "{output}");
}

#[test]
fn deep_nesting_is_rejected() {
    for (open, close, deep) in [("(", ")", 65), ("!", "", 10_000), ("(", ")", 20_000), ("scope(", ")", 20_000)] {
        let source = format!("{}user(\"a\"){}", open.repeat(deep), close.repeat(deep));
        let error = arguments(source.parse().expect("tokens")).expect_err("refused").to_string();
        assert!(error.contains("nest"), "{error}");
    }
}

#[test]
fn siblings_do_not_count_as_nesting() {
    let sides: Vec<String> = (0..200).map(|n| format!("((!client(\"{n}\")))")).collect();
    assert!(arguments(sides.join(" && ").parse().expect("tokens")).is_ok());
}

#[test]
fn path_of_more_than_128_tokens_is_rejected() {
    for repeated in ["<", "a::<", "&", "A<&", "fn() -> ", "-", "::a"] {
        let tokens = format!("check(<{})", repeated.repeat(20_000)).parse().expect("tokens");
        let error = arguments(tokens).expect_err("refused").to_string();
        assert!(error.contains("of at most 128 tokens"), "{repeated}: {error}");
    }
    assert!(arguments("check(<a::A<B, C> as d::D>::e)".parse().expect("tokens")).is_ok());
    // `<&&B>` has 5 tokens and `::a` has 3: 5 + 41 * 3 = 128, and 43 * 3 = 129.
    for (path, accepted) in [(format!("<&&B>{}", "::a".repeat(41)), true), ("::a".repeat(43), false)] {
        assert_eq!(arguments(format!("check({path})").parse().expect("tokens")).is_ok(), accepted, "{path}");
    }
}
