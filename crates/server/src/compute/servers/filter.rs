//! Which servers a list shows.

use std::collections::BTreeSet;

use steadfast_model::cause::Scope;
use steadfast_model::ids::{HostId, Moment, ProjectId};
use steadfast_model::instance::Instance;

use super::status::{Status, power_state};
use super::view::reservation;
use crate::compute::zone::ZONE;
use crate::http::microversion::Microversion;
use crate::http::query::Query;
use crate::http::refusal::{Refusal, quote};
use crate::http::stamp;
use crate::http::versions::compute::{CHANGES_BEFORE, SERVER_FILTERS_FOR_USERS, SERVER_STATUS_CHECKED};
use crate::identity::caller::Caller;

/// What of a server is compared with a parameter.
type Field = fn(&Instance) -> Option<String>;

/// Filters that everyone has.
const ANYONES: [(&str, Field); 3] = [
    ("flavor", |row| Some(row.flavor.id.to_string())),
    ("image", |row| row.image.map(|id| id.to_string())),
    ("reservation_id", |row| Some(reservation(row))),
];

/// Filters that only operators had before 2.83.
const OPERATORS_ONCE: [(&str, Field); 7] = [
    ("user_id", |row| Some(row.user.to_string())),
    ("vm_state", |row| Some(row.vm_state.name().to_owned())),
    ("task_state", |row| row.task_state().map(str::to_owned)),
    ("power_state", |row| Some(power_state(row).to_string())),
    ("progress", |row| Status::of(row).progress().map(|percent| percent.to_string())),
    ("availability_zone", |row| row.host.as_ref().map(|_| ZONE.to_owned())),
    ("key_name", |row| row.key_name.clone()),
];

/// Filters that only operators have.
const OPERATORS: [(&str, Field); 2] =
    [("uuid", |row| Some(row.id.to_string())), ("node", |row| row.host.as_ref().map(ToString::to_string))];

/// Parameters about what no server here has: whoever asks for it is shown none.
const NOBODY_HAS: [&str; 6] = ["ip", "ip6", "access_ip_v4", "access_ip_v6", "tags", "tags-any"];

/// The same, where the parameter is a truth value: asked for the contrary, it excludes none.
const NOBODY_IS: [&str; 3] = ["locked", "soft_deleted", "config_drive"];

/// What a client asks for. Everything must hold.
#[derive(Debug, Clone)]
pub struct Filter {
    pub scope: Scope,
    /// The only host, which has a list of its own.
    pub host: Option<HostId>,
    /// None: both, for those who ask what changed.
    pub deleted: Option<bool>,
    name: Option<Pattern>,
    statuses: Option<BTreeSet<Status>>,
    project: Option<ProjectId>,
    equal: Vec<(Field, String)>,
    changed_since: Option<Moment>,
    changed_before: Option<Moment>,
    /// Asked for something that no server here can be.
    nothing: bool,
}

impl Filter {
    /// Takes the filters out of a query. Those that only operators have are nothing to others, as in Nova.
    ///
    /// # Errors
    /// 400 for a value that makes no sense, 403 for other projects' or deleted servers.
    pub fn parse(query: &mut Query, caller: &Caller, version: Microversion) -> Result<Filter, Refusal> {
        let admin = caller.is_admin();
        let project = query.text("project_id").or_else(|| query.text("tenant_id")).filter(|_| admin);
        // An operator who names a project means all of them but for that one, unless the query says otherwise.
        let all_projects = query.flag("all_tenants")?.unwrap_or(project.is_some());
        if all_projects && !admin {
            return Err(Refusal::forbidden("only an admin may list the servers of all projects"));
        }
        let host = query.text("host").filter(|_| admin);
        let statuses = statuses(query, version)?;
        let deleted = deleted(query, caller, statuses.as_ref())?;
        let instant = |query: &mut Query, key| {
            query.parsed_by(key, "a time such as 2026-01-31T12:00:00Z", stamp::parse)
        };
        let changed_since = instant(query, "changes-since")?;
        let changed_before = if version >= CHANGES_BEFORE { instant(query, "changes-before")? } else { None };
        let project = project.filter(|_| all_projects);
        // A text that can be no name is the name of nothing.
        let unnameable =
            |text: &Option<String>| text.as_ref().is_some_and(|text| text.parse::<HostId>().is_err());
        let nothing = unnameable(&host) || unnameable(&project);
        Ok(Filter {
            scope: caller.list_scope(all_projects),
            host: host.and_then(|host| host.parse().ok()),
            deleted: if changed_since.is_some() { deleted } else { Some(deleted.unwrap_or(false)) },
            name: query.text("name").map(|text| Pattern::parse(&text)),
            nothing: nothing || impossible(query)? || statuses.as_ref().is_some_and(BTreeSet::is_empty),
            statuses,
            project: project.and_then(|id| id.parse().ok()),
            equal: equal(query, admin, version),
            changed_since,
            changed_before,
        })
    }

    #[must_use]
    pub fn takes(&self, row: &Instance) -> bool {
        !self.nothing
            && self.scope.covers(&row.project)
            && self.project.as_ref().is_none_or(|project| *project == row.project)
            && self.host.as_ref().is_none_or(|host| row.host.as_ref() == Some(host))
            && self.name.as_ref().is_none_or(|name| name.matches(&row.name))
            && self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&Status::of(row)))
            && self.equal.iter().all(|(field, wanted)| field(row).as_ref() == Some(wanted))
            && self.changed_since.is_none_or(|since| row.updated_at >= since)
            && self.changed_before.is_none_or(|before| row.updated_at <= before)
    }
}

/// Takes the filters that compare a field with a text.
fn equal(query: &mut Query, admin: bool, version: Microversion) -> Vec<(Field, String)> {
    let later = admin || version >= SERVER_FILTERS_FOR_USERS;
    let fields = ANYONES.map(|field| (field, true)).into_iter();
    let fields = fields.chain(OPERATORS_ONCE.map(|field| (field, later)));
    let fields = fields.chain(OPERATORS.map(|field| (field, admin)));
    let mut equal = Vec::new();
    for ((key, field), counts) in fields {
        let wanted = query.text(key).filter(|_| counts);
        // Flavors and images may be named by a URL.
        equal.extend(wanted.map(|text| (field, text.rsplit('/').next().unwrap_or_default().to_owned())));
    }
    equal
}

/// Takes the filters for what no server here has, and answers whether one was set.
fn impossible(query: &mut Query) -> Result<bool, Refusal> {
    let mut set = NOBODY_HAS.into_iter().filter(|key| query.text(key).is_some()).count() > 0;
    for key in NOBODY_IS {
        set |= query.flag(key)?.unwrap_or(false);
    }
    query.ignore(&["not-tags", "not-tags-any"]);
    Ok(set)
}

/// The statuses asked for.
fn statuses(query: &mut Query, version: Microversion) -> Result<Option<BTreeSet<Status>>, Refusal> {
    let asked = query.every("status");
    if asked.is_empty() {
        return Ok(None);
    }
    let mut statuses = BTreeSet::new();
    for name in asked {
        match Status::from_name(&name) {
            Ok(status) => statuses.extend(status),
            Err(_) if version >= SERVER_STATUS_CHECKED => {
                let name = quote(&name);
                return Err(Refusal::bad_request(format!(
                    "the query is refused at `status`: no server is ever {name}"
                )));
            }
            Err(_) => {}
        }
    }
    Ok(Some(statuses))
}

/// Whether deleted servers are asked for; only operators see them.
fn deleted(
    query: &mut Query,
    caller: &Caller,
    statuses: Option<&BTreeSet<Status>>,
) -> Result<Option<bool>, Refusal> {
    let asked = query.flag("deleted")?;
    let by_status = statuses.is_some_and(|statuses| statuses.contains(&Status::Deleted));
    if by_status && !caller.is_admin() {
        return Err(Refusal::forbidden("only an admin may list deleted servers"));
    }
    if by_status {
        return Ok(Some(true));
    }
    Ok(asked.filter(|deleted| caller.is_admin() || !*deleted))
}

/// Nova compares names with a regular expression; of those, what clients send is a text, perhaps bound to either end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    text: String,
    from_start: bool,
    to_end: bool,
}

impl Pattern {
    fn parse(text: &str) -> Pattern {
        let (from_start, text) = text.strip_prefix('^').map_or((false, text), |rest| (true, rest));
        let (to_end, text) = text.strip_suffix('$').map_or((false, text), |rest| (true, rest));
        Pattern { text: text.to_owned(), from_start, to_end }
    }

    fn matches(&self, name: &str) -> bool {
        match (self.from_start, self.to_end) {
            (true, true) => name == self.text,
            (true, false) => name.starts_with(&self.text),
            (false, true) => name.ends_with(&self.text),
            (false, false) => name.contains(&self.text),
        }
    }
}
