//! A token as Keystone shows it.

use serde_json::{Value, json};
use steadfast_operations::Control;

use crate::http::stamp::micros_zulu;
use crate::identity::caller::Session;
use crate::identity::catalog::catalog;
use crate::identity::directory::{DOMAIN_ID, DOMAIN_NAME};
use crate::identity::role::Role;
use crate::site::Site;

/// The body of an answer about a session's token.
#[must_use]
pub fn view<C: Control>(site: &Site<C>, session: &Session, with_catalog: bool) -> Value {
    let Session { token, user, project } = session;
    let domain = json!({"id": DOMAIN_ID, "name": DOMAIN_NAME});
    let methods: Vec<_> = token.methods.iter().map(|method| method.name()).collect();
    let mut shown = json!({
        "methods": methods,
        "user": {"id": user.id, "name": user.name, "domain": domain, "password_expires_at": null},
        "audit_ids": [token.audit_id.simple().to_string()],
        "issued_at": micros_zulu(token.issued_at),
        "expires_at": micros_zulu(token.expires_at),
    });
    let scoped =
        project.as_ref().and_then(|(id, role)| Some((site.settings().directory.project(id)?, *role)));
    if let Some((project, role)) = scoped {
        shown["project"] = json!({"id": project.id, "name": project.name, "domain": domain});
        shown["is_domain"] = json!(false);
        shown["roles"] = role.included().map(role_view).collect();
        if with_catalog {
            shown["catalog"] = catalog(site.endpoint(), &site.settings().region);
        }
    }
    json!({"token": shown})
}

fn role_view(role: Role) -> Value {
    json!({"id": role.name(), "name": role.name()})
}
