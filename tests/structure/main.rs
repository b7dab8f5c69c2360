//! The structure of the workspace: a module uses only modules of earlier layers, and no files import each other.

mod attributes;
mod circles;
mod layers;
mod paths;
mod source;
