//! `/os-services`: the agents of the hosts, as operators watch and steer them.

pub mod delete;
pub mod find;
pub mod list;
pub mod liveness;
pub mod request;
pub mod update;
pub mod view;

use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::identity::role::Role;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let admin = Access::Role(Role::Admin);
    let one = "/compute/v2.1/os-services/{service_id}";
    let update = "Assert that a host is down, or take it back; disable or enable it. Before 2.53 the last segment says which";
    let delete = "Remove a fenced host for good";
    vec![
        Route::get("/compute/v2.1/os-services", admin, "List the hosts' agents", list::list::<C>),
        Route::put(one, admin, update, update::update::<C>),
        Route::delete(one, admin, delete, delete::delete::<C>),
    ]
}
