//! docs/api.md, written from the route table, so that it cannot say anything else than what is served.

use std::fmt::Write;

use steadfast_operations::Control;

use crate::compute::servers::action::{Action, UNBUILT};
use crate::http::microversion::Versions;
use crate::http::route::Route;
use crate::http::service::Service;

const HEAD: &str = "\
# The API

One listener serves everything below. This file is written from the route table of `crates/server`; to change it,
change the table and run the crate's tests with `STEADFAST_WRITE_DOCS=1`.

*Who* is the least that a caller needs: a role in the token's project (reader, member, admin; each includes the ones
before it), any token, an agent's key, or nothing. *Since* is the first version that has the route, *until* the first
that has it no more. A route that is *not built* is part of the API it is taken from and answers 501 here.
";

/// The whole document.
#[must_use]
pub fn api<C: Control>(routes: &[Route<C>]) -> String {
    let mut text = HEAD.to_owned();
    for service in Service::ALL {
        let of_service: Vec<&Route<C>> = routes.iter().filter(|route| route.service() == service).collect();
        section(&mut text, service, &of_service).expect("writing to a string does not fail");
    }
    text
}

fn section<C: Control>(text: &mut String, service: Service, routes: &[&Route<C>]) -> std::fmt::Result {
    let name = service.name();
    writeln!(text, "\n## {}{}\n", name[..1].to_uppercase(), &name[1..])?;
    if let Some(versions) = service.versions() {
        let (min, max) = (versions.min(), versions.max());
        writeln!(text, "Microversions {min} to {max}.\n")?;
    }
    writeln!(text, "| Method | Path | Who | Since | Until | What |\n|---|---|---|---|---|---|")?;
    for route in routes {
        let bound = |version: Option<_>| version.map_or_else(String::new, |version| format!("{version}"));
        let (since, until) = (bound(route.since), bound(route.until));
        let (who, what) = if route.is_built() {
            (route.access.name(), route.does.to_owned())
        } else {
            ("", format!("{} (*not built*)", route.does))
        };
        writeln!(text, "| {} | `{}` | {who} | {since} | {until} | {what} |", route.method, route.path)?;
    }
    if service == Service::Compute {
        actions(text)?;
    }
    if let Some(versions) = service.versions() {
        changes(text, versions)?;
    }
    Ok(())
}

/// What the body of a server's action may say.
fn actions(text: &mut String) -> std::fmt::Result {
    writeln!(text, "\n| Action of a server | Who | What |\n|---|---|---|")?;
    for action in Action::ALL {
        writeln!(text, "| `{}` | {} | {} |", action.key(), action.role().name(), action.does())?;
    }
    UNBUILT.iter().try_for_each(|key| writeln!(text, "| `{key}` | | *not built* |"))
}

fn changes(text: &mut String, versions: &Versions) -> std::fmt::Result {
    writeln!(text, "\n| Version | What came with it |\n|---|---|")?;
    versions.list.iter().try_for_each(|change| writeln!(text, "| {} | {} |", change.version, change.what))
}
