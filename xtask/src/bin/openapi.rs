//! Prints the OpenAPI document of the whole API, generated from its routes: `make openapi` writes it to
//! infra/openapi.json.

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().lock().write_all(xtask::openapi::openapi().as_bytes())
}
