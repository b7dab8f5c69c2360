# Recipes for developers: `just RECIPE`. https://just.systems has the program `just`; `pip install rust-just` installs it.

# List the recipes.
default:
    @just --list --unsorted

# The checks to run before a commit. Under 3 minutes after the first build.
check:
    .ci/run formatting words 'clippy, default features'
    cargo test --workspace --doc

# All tests with the default features. They need no network.
test *ARGUMENTS:
    cargo test --workspace {{ ARGUMENTS }}

# Every check, as in CI, or only the named steps and groups. `.ci/run --list` lists them.
[positional-arguments]
ci *NAMES:
    .ci/run "$@"

# The cost of a request. Needs a quiet machine.
bench:
    cargo bench --bench table

# The fuzz targets, each for a time in seconds, or only the named targets. Needs rustup.
fuzz SECONDS="60" *TARGETS:
    .ci/fuzz {{ SECONDS }} {{ TARGETS }}

# Mutation testing of all parts, which takes hours, or only of the named parts.
mutants *PARTS:
    .ci/mutants {{ PARTS }}
