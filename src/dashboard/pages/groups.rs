//! Groups of partners who are paid by one rule: all of them, and one with its rule, its partners, and forms for both. What is changed holds from now on:
//! nothing earned before moves.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use super::decide::{PARTNERS_MAX, partners as some_partners};
use super::programs::{all as programs, currency_of};
use super::rule_fields::{self, products};
use super::{changes, scope};
use crate::app::App;
use crate::books::groups::GROUPS_MAX;
use crate::books::names::{self, Names};
use crate::catalog::{Group, NewGroup, Partner, Program};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::typed::{Typed, held, refused};
use crate::dashboard::view::parts::{count, empty, encoded, heading, id_link, number, short};
use crate::dashboard::view::words::worded;
use crate::dashboard::{Page, view};
use crate::explain;

const PATH: &str = "/dashboard/groups";

/// The most partners of a group that are shown.
const SHOWN: usize = 300;

/// The address of a group's page.
fn path_of(id: &str) -> String {
    format!("{PATH}/{}", encoded(id))
}

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    listed(&app, &viewer, None).await
}

/// The page of all groups, after a refusal with what was typed.
async fn listed(app: &App, viewer: &Viewer, typed: Option<&Typed>) -> Page {
    let groups = app.catalog(viewer).groups().await?;
    let programs = programs(app, viewer).await?;
    let room = i64::try_from(groups.len()).is_ok_and(|known| known < GROUPS_MAX);
    let body = html! {
        (heading("Groups", &html! { div.beside { @if viewer.may(Right::Change) && room { a.button href="#make" { "Make a group" } } } }))
        p.lead { "Partners who are paid by a rule of their own. It holds from the day on which a partner joins; what was earned before stays as it was." }
        section.panel {
            @if groups.is_empty() { (empty("No group yet", &html! { p { "Everybody is paid as the " a href=(viewer.href("/dashboard/programs", &[])) { "program" } " says, or by a rule of their own." } })) }
            @else { (table(viewer, &groups, &programs)) }
        }
        @if viewer.may(Right::Change) && room { (making(viewer, &programs, typed)) }
    };
    Ok(view::page(viewer, "Groups", &body))
}

fn table(viewer: &Viewer, groups: &[Group], programs: &[Program]) -> Markup {
    html! {
        div.scroll { table.rows {
            thead { tr { th { "Group" } th { "Pays" } th { "Program" } th.n { "Partners" } th.wide { "Since" } } }
            tbody { @for group in groups {
                tr {
                    td.r1.all { a.name href=(viewer.href(&path_of(&group.id), &[])) { (group.name) } }
                    td.r2.all { (worded(&explain::rule_in_words(&group.commission))) }
                    td data-label="Program" { (program_name(programs, &group.program_id)) }
                    td.n data-label="Partners" { (count(group.partners)) }
                    td.tight.wide { (group.created_at.get(..10).unwrap_or_default()) }
                }
            } }
        } }
    }
}

fn program_name<'p>(programs: &'p [Program], id: &'p str) -> &'p str {
    let found = programs.iter().find(|program| program.id == id);
    found.map_or(id, |program| &program.name)
}

fn making(viewer: &Viewer, programs: &[Program], typed: Option<&Typed>) -> Markup {
    let unit = match programs {
        [one] => currency_of(one),
        _ => None,
    };
    let held = held(Params::of(rule_fields::values(None, unit)), typed);
    html! {
        section.panel #make {
            div.title { h2 { "Make a group" } span.muted { "partners are added on its page" } }
            div.body {
                @if let Some(typed) = typed { (typed.notice()) }
                form.fields method="post" action=(viewer.href(PATH, &[])) {
                    (view::proof(viewer))
                    label.field { "Name" input name="name" required maxlength="255" value=(held.get("name")) autocomplete="off"; }
                    @if programs.len() > 1 {
                        label.field { "Program" select name="program" { @for one in programs { option value=(one.id) selected[one.id == held.get("program")] { (one.name) } } } }
                    }
                    (rule_fields::fields(&held, unit))
                    div.actions { button.button.primary type="submit" { "Make it" } }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn create(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    match made(&app, &viewer, &fields).await {
        Ok(id) => Ok(to(&viewer, &id)),
        Err(problem) => {
            let typed = Typed::of(problem, fields)?;
            Ok(refused(listed(&app, &viewer, Some(&typed)).await?))
        }
    }
}

/// The id of the group that the fields make.
async fn made(app: &App, viewer: &Viewer, fields: &Params) -> Result<String, Problem> {
    let catalog = app.catalog(viewer);
    let program_id = catalog.program_id(fields.given("program")).await?;
    let program = catalog.program(&program_id).await?;
    let rule = rule_fields::read(fields, None, currency_of(&program))?;
    let new = NewGroup {
        name: fields.given("name").map(str::to_owned),
        program_id: Some(program_id),
        commission: Some(rule),
    };
    Ok(catalog.create_group(&new).await?.id)
}

fn to(viewer: &Viewer, id: &str) -> axum::response::Response {
    Redirect::to(&viewer.href(&path_of(id), &[])).into_response()
}

pub(in crate::dashboard) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let group = app.catalog(&viewer).group(&id).await?;
    shown(&app, &viewer, &group, None).await
}

/// The page of a group, after a refusal with what was typed.
async fn shown(app: &App, viewer: &Viewer, group: &Group, typed: Option<&Typed>) -> Page {
    let (catalog, id) = (app.catalog(viewer), group.id.as_str());
    let program = catalog.program(&group.program_id).await?;
    let members = catalog.group_members(id).await?;
    let shown = members.iter().take(SHOWN).map(String::as_str);
    let names = names::partners(&scope(app, viewer), shown).await?;
    let others = others(app, viewer, &members).await?;
    let body = html! {
        p.crumbs { a href=(viewer.href(PATH, &[])) { "Groups" } " / " (group.name) }
        (heading(&group.name, &html! { div.beside { a.button href=(changes::of(viewer, id)) { "Changes" } } }))
        p.verdict { "Partners in it are paid " strong { (worded(&explain::rule_in_words(&group.commission))) } "." }
        div.wide-narrow {
            section.panel {
                div.title { h2 { "Partners" } span.muted { (number(members.len(), "partner", "partners")) } }
                @if members.is_empty() { (empty("Nobody is in it", &html! { p { "Until somebody is, its rule pays nobody." } })) }
                @else { (table_of_members(viewer, id, &members, &names)) }
                @if viewer.may(Right::Change) { div.body { (adding(viewer, id, &others)) } }
            }
            div.side-panels {
                (about(viewer, group, &program, typed))
                @if viewer.may(Right::Change) { (removing(viewer, group)) }
            }
        }
    };
    Ok(view::page(viewer, &group.name, &body))
}

/// Partners to choose from, who are not in it.
async fn others(app: &App, viewer: &Viewer, members: &[String]) -> Result<Vec<Partner>, Problem> {
    if !viewer.may(Right::Change) {
        return Ok(Vec::new());
    }
    let mut all = some_partners(app, viewer).await?;
    all.retain(|partner| !members.contains(&partner.id));
    all.sort_by_key(|partner| partner.name.to_lowercase());
    Ok(all)
}

fn table_of_members(viewer: &Viewer, id: &str, members: &[String], names: &Names) -> Markup {
    html! {
        div.scroll { table.rows {
            thead { tr { th { "Partner" } th.wide { "Id" } @if viewer.may(Right::Change) { th {} } } }
            tbody { @for member in members.iter().take(SHOWN) {
                @let name = names.get(member).map_or_else(|| short(member), String::clone);
                tr {
                    td.r1 { a.name href=(viewer.href(&format!("/dashboard/partners/{}", encoded(member)), &[])) { (name) } }
                    td.wide { (id_link(viewer, "partners", member)) }
                    @if viewer.may(Right::Change) {
                        td.n.r1 {
                            form method="post" action=(viewer.href(&format!("{}/partners/{}/remove", path_of(id), encoded(member)), &[])) {
                                (view::proof(viewer))
                                button.quiet type="submit" { "Take out " span.unseen { (name) } }
                            }
                        }
                    }
                }
            } }
        } }
        @if members.len() > SHOWN { p.note { "… and " (count(i64::try_from(members.len() - SHOWN).unwrap_or(i64::MAX))) " more: " code { "GET " (format!("/api/groups/{id}/partners")) } } }
    }
}

fn adding(viewer: &Viewer, id: &str, others: &[Partner]) -> Markup {
    let all_shown = i64::try_from(others.len()).is_ok_and(|known| known < PARTNERS_MAX);
    html! {
        form.fields method="post" action=(viewer.href(&format!("{}/partners", path_of(id)), &[])) {
            (view::proof(viewer))
            @if all_shown && !others.is_empty() {
                label.field { "Add a partner" select name="partner" required { @for one in others { option value=(one.id) { (one.name) } } } }
            } @else {
                label.field { "Add a partner, by id, address, link or code" input name="partner" required maxlength="512" placeholder="prt_…" autocomplete="off" spellcheck="false"; }
            }
            div.actions { button.button type="submit" { "Add" } }
        }
        p.muted { "Somebody who is in another group of the program leaves that one; a rule of their own ends." }
    }
}

fn about(viewer: &Viewer, group: &Group, program: &Program, typed: Option<&Typed>) -> Markup {
    let unit = currency_of(program);
    let name = [("name".to_owned(), group.name.clone())].into_iter();
    let rule = rule_fields::values(Some(&group.commission), unit);
    let held = held(Params::of(name.chain(rule)), typed);
    html! {
        section.panel {
            div.title { h2 { "The rule" } }
            div.body {
                dl.facts {
                    dt { "Pays" } dd { (worded(&explain::rule_in_words(&group.commission))) }
                    (products::said(&group.commission))
                    dt { "Program" } dd { a href=(viewer.href("/dashboard/programs", &[])) { (program.name) } }
                    dt { "Since" } dd { (group.created_at.get(..10).unwrap_or_default()) }
                    dt { "Id" } dd { code { (group.id) } }
                }
                @if viewer.may(Right::Change) {
                    details open[typed.is_some()] { summary { "Change" }
                        @if let Some(typed) = typed { (typed.notice()) }
                        form.fields method="post" action=(viewer.href(&path_of(&group.id), &[])) {
                            (view::proof(viewer))
                            label.field { "Name" input name="name" required maxlength="255" value=(held.get("name")) autocomplete="off"; }
                            (rule_fields::fields(&held, unit))
                            div.actions { button.button.primary type="submit" { "Save" } }
                        }
                        p.muted { "Another rule holds from now on." }
                    }
                }
            }
        }
    }
}

fn removing(viewer: &Viewer, group: &Group) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "Remove the group" } }
            div.body {
                form.stacked method="post" action=(viewer.href(&format!("{}/delete", path_of(&group.id)), &[])) {
                    (view::proof(viewer))
                    label.check { input type="checkbox" name="sure" value="yes"; " Remove it" span.sub { "Its partners are paid as the program says, from now on." } }
                    div.actions { button.button type="submit" { "Remove" } }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn change(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let group = app.catalog(&viewer).group(&id).await?;
    match changed(&app, &viewer, &group, &fields).await {
        Ok(()) => Ok(to(&viewer, &id)),
        Err(problem) => {
            let typed = Typed::of(problem, fields)?;
            Ok(refused(shown(&app, &viewer, &group, Some(&typed)).await?))
        }
    }
}

/// Changes a group as the fields say.
async fn changed(
    app: &App,
    viewer: &Viewer,
    group: &Group,
    fields: &Params,
) -> Result<(), Problem> {
    let catalog = app.catalog(viewer);
    let unit = currency_of(&catalog.program(&group.program_id).await?);
    let rule = rule_fields::read(fields, Some(&group.commission), unit)?;
    let new = NewGroup {
        name: fields.given("name").map(str::to_owned),
        program_id: None,
        commission: Some(rule),
    };
    catalog.change_group(&group.id, &new).await?;
    Ok(())
}

pub(in crate::dashboard) async fn join(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let given = fields.get("partner");
    let meant = names::partner_meant(&scope(&app, &viewer), given).await?;
    let unknown = || Problem::Refused("no partner has this id, address, link or code".to_owned());
    let partner = meant.ok_or_else(unknown)?;
    app.catalog(&viewer).join_group(&id, &partner).await?;
    Ok(to(&viewer, &id))
}

pub(in crate::dashboard) async fn leave(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path((id, partner)): Path<(String, String)>,
) -> Page {
    app.catalog(&viewer).leave_group(&id, &partner).await?;
    Ok(to(&viewer, &id))
}

pub(in crate::dashboard) async fn remove(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    if fields.get("sure") != "yes" {
        let message = "tick the box beside it to remove the group";
        return Err(Problem::Refused(message.to_owned()));
    }
    app.catalog(&viewer).delete_group(&id).await?;
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}
