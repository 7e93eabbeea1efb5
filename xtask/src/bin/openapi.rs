//! Prints the text of the whole API, made from the code of its routes: `make openapi` keeps it in infra/openapi.json.

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().lock().write_all(xtask::openapi::openapi().as_bytes())
}
