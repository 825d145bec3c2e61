//! Team folders and their rules, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use allmende_files::{MountKind, Mounts};
use allmende_sharing::{
    Caller, NewTeamFolder, Rule, RulesSwitch, Subject, TeamFolder, TeamOrder, TeamQuota, TeamScope,
};
use allmende_sql::every_engine;
use allmende_types::UserId;
use common::*;

fn by(person: &UserId) -> Caller<'_> {
    Caller { person, now: NOW }
}

fn of_group(id: &str) -> Subject {
    Subject::Group(group(id))
}

fn of_person(id: &str) -> Subject {
    Subject::Person(user(id))
}

async fn team(world: &World, mount_point: &str) -> TeamFolder {
    let root = user("root");
    let folder =
        world.sharing.create_team_folder(by(&root), NewTeamFolder::new(mount_point)).await.unwrap();
    world.sharing.add_team_group(by(&root), folder.id, &of_group("staff")).await.unwrap();
    world.sharing.team_folder(folder.id).await.unwrap()
}

every_engine! {
    async fn a_team_folder_is_managed(sql: Sql) {
        let world = world(sql).await;
        let root = user("root");
        let sharing = &world.sharing;
        let folder = team(&world, " /Team1/ ").await;
        assert_eq!((folder.id.0, folder.mount_point.as_str()), (1, "Team1"));
        assert_eq!((folder.quota, folder.limit, folder.size), (TeamQuota::Default, None, 0));
        assert_eq!((folder.groups[0].name.as_str(), folder.groups[0].permissions.bits()), ("The staff", 31));
        for (made, expected) in [
            (words(sharing.create_team_folder(by(&root), NewTeamFolder::new("Team1")).await), "Mount point already exists"),
            (words(sharing.create_team_folder(by(&root), NewTeamFolder::new("a/../b")).await), "Mount point cannot contain \"..\""),
            (words(sharing.create_team_folder(by(&root), NewTeamFolder::new("/")).await), "Mount point cannot be empty"),
            (words(sharing.add_team_group(by(&root), folder.id, &of_group("staff")).await), "Group already assigned to this Groupfolder"),
            (words(sharing.add_team_group(by(&root), allmende_sharing::TeamFolderId(9), &of_group("x")).await), "Groupfolder not found"),
            (words(sharing.rename_team_folder(by(&root), allmende_sharing::TeamFolderId(9), "y").await), "Groupfolder not found"),
        ] {
            assert_eq!(made, expected);
        }
        let other = sharing.create_team_folder(by(&root), NewTeamFolder::new("Deep/In/Side")).await.unwrap();
        assert_eq!(words(sharing.rename_team_folder(by(&root), other.id, "Team1").await), "Mount point already exists");
        sharing.rename_team_folder(by(&root), other.id, "Team1/Side").await.unwrap();
        sharing.rename_team_folder(by(&root), other.id, "Team1/Side").await.unwrap();
        sharing.set_team_quota(by(&root), folder.id, TeamQuota::from_number(100)).await.unwrap();
        sharing.set_team_permissions(by(&root), folder.id, &of_group("staff"), bits(1)).await.unwrap();
        sharing.switch_team_rules(by(&root), folder.id, RulesSwitch::On).await.unwrap();
        sharing.add_team_manager(by(&root), folder.id, &of_person("BOB")).await.unwrap();
        sharing.add_team_manager(by(&root), folder.id, &of_person("bob")).await.unwrap();
        let changed = sharing.team_folder(folder.id).await.unwrap();
        assert_eq!((changed.limit, changed.groups[0].permissions.bits()), (Some(100), 1));
        assert_eq!(changed.managers.len(), 1);
        assert_eq!((changed.managers[0].subject.id(), changed.managers[0].name.as_str()), ("Bob", "Bob Rig"));
        let ids = |scope| async move {
            let found = sharing.team_folders(scope, TeamOrder::MountPoint).await.unwrap();
            found.iter().map(|folder| folder.mount_point.clone()).collect::<Vec<_>>()
        };
        let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
        assert_eq!(ids(TeamScope::All).await, ["Team1", "Team1/Side"]);
        assert_eq!(ids(TeamScope::Member(&carol)).await, ["Team1"]);
        assert_eq!(ids(TeamScope::Member(&alice)).await, [""; 0]);
        assert_eq!(ids(TeamScope::Manager(&bob)).await, ["Team1"]);
        let found = sharing.search_team_members(folder.id, "rig").await.unwrap();
        assert_eq!(found.iter().map(|of| of.subject.id()).collect::<Vec<_>>(), ["Bob", "carol"]);
        // Switching the rules off takes the managers away.
        sharing.switch_team_rules(by(&root), folder.id, RulesSwitch::Off).await.unwrap();
        assert!(sharing.team_folder(folder.id).await.unwrap().managers.is_empty());
        let file = world.file(folder.root, "x").await;
        sharing.remove_team_folder(by(&root), folder.id).await.unwrap();
        assert_eq!(words(sharing.remove_team_folder(by(&root), folder.id).await), "Groupfolder not found");
        assert_eq!(world.rights("bob", file).await, 0);
        assert_eq!(sharing.count_team_folders().await.unwrap(), 1);
    }

    async fn members_have_what_their_groups_and_rules_give(sql: Sql) {
        let world = world(sql).await;
        let root = user("root");
        let sharing = &world.sharing;
        let folder = team(&world, "Team1").await;
        let (s, t) = (world.folder(folder.root, "s").await, world.folder(folder.root, "t").await);
        let deep = world.file(s, "deep").await;
        world.accounts.create_group(&group("editors"), "").await.unwrap();
        world.accounts.add_to_group(&group("editors"), &user("bob"), allmende_accounts::GroupRole::Member).await.unwrap();
        sharing.set_team_permissions(by(&root), folder.id, &of_group("staff"), bits(1)).await.unwrap();
        sharing.add_team_group(by(&root), folder.id, &of_group("editors")).await.unwrap();
        assert_eq!((world.rights("bob", deep).await, world.rights("carol", deep).await, world.rights("alice", deep).await), (31, 1, 0));
        let rules = [Rule::new(of_group("staff"), 31, 0), Rule::new(of_person("bob"), 31, 3)];
        // They are kept while they do not count.
        sharing.set_node_rules(by(&root), s, &rules).await.unwrap();
        assert_eq!(world.rights("carol", deep).await, 1);
        sharing.switch_team_rules(by(&root), folder.id, RulesSwitch::On).await.unwrap();
        assert_eq!((world.rights("bob", deep).await, world.rights("carol", deep).await, world.rights("carol", t).await), (3, 0, 1));
        // Who is told what.
        assert_eq!(words(sharing.set_node_rules(by(&user("bob")), s, &[]).await), "You are not allowed to manage the rules of this folder");
        sharing.add_team_manager(by(&root), folder.id, &of_person("bob")).await.unwrap();
        let (bob, carol) = (user("bob"), user("carol"));
        let told = sharing.node_rules(by(&bob), &[s, deep, t]).await.unwrap();
        let told: Vec<_> = told.iter().map(|of| of.as_ref().unwrap()).collect();
        let (of_s, of_deep, of_t) = (told[0], told[1], told[2]);
        assert_eq!((of_s.own.len(), of_s.inherited.len(), of_s.can_manage, of_s.enabled), (2, 0, true, true));
        assert_eq!((of_deep.own.len(), of_deep.inherited.len(), of_t.own.len()), (0, 2, 0));
        let (name, inherited) = (&of_deep.inherited[0].name, &of_deep.inherited[0].rule);
        assert_eq!((inherited.subject.id(), name.as_str(), inherited.mask, inherited.allow), ("Bob", "Bob Rig", 31, 3));
        let told = sharing.node_rules(by(&carol), &[s]).await.unwrap()[0].clone().unwrap();
        assert_eq!((told.own.len(), told.own[0].rule.subject.id(), told.can_manage), (1, "staff", false));
        // Nobody locks themselves out.
        let refused = sharing.set_node_rules(by(&bob), s, &[Rule::new(of_group("staff"), 31, 0)]).await;
        assert_eq!(words(refused), "You cannot remove your own read permission.");
        let twice = [Rule::new(of_person("bob"), 31, 31), Rule::new(of_person("BOB"), 31, 31)];
        assert_eq!(words(sharing.set_node_rules(by(&bob), s, &twice).await), "Invalid rule: two rules for user BOB");
        assert_eq!(world.rights("bob", deep).await, 3);
        sharing.set_node_rules(by(&bob), s, &[]).await.unwrap();
        assert_eq!((world.rights("bob", deep).await, world.rights("carol", deep).await), (31, 1));
        // Outside of team folders there are no rules.
        let home = world.home("alice").await;
        assert_eq!(sharing.node_rules(by(&bob), &[home]).await.unwrap(), [None]);
        assert_eq!(words(sharing.set_node_rules(by(&bob), home, &[]).await), "You are not allowed to manage the rules of this folder");
    }

    async fn without_a_rule_a_closed_folder_gives_nothing(sql: Sql) {
        let world = world(sql).await;
        let root = user("root");
        let sharing = &world.sharing;
        let mut new = NewTeamFolder::new("Closed");
        new.default_none = true;
        let folder = sharing.create_team_folder(by(&root), new).await.unwrap();
        sharing.add_team_group(by(&root), folder.id, &of_group("staff")).await.unwrap();
        sharing.switch_team_rules(by(&root), folder.id, RulesSwitch::On).await.unwrap();
        sharing.add_team_manager(by(&root), folder.id, &of_person("carol")).await.unwrap();
        let f = world.folder(folder.root, "f").await;
        assert_eq!((world.rights("bob", f).await, world.rights("carol", f).await), (0, 1));
        sharing.set_node_rules(by(&root), folder.root, &[Rule::new(of_group("staff"), 31, 5)]).await.unwrap();
        assert_eq!((world.rights("bob", f).await, world.rights("carol", f).await), (5, 5));
        // A rule below what cannot be read does not help.
        sharing.set_node_rules(by(&root), folder.root, &[]).await.unwrap();
        sharing.set_node_rules(by(&root), f, &[Rule::new(of_person("bob"), 31, 31)]).await.unwrap();
        assert_eq!(world.rights("bob", f).await, 0);
    }

    async fn team_folders_are_mounted_and_shared_on(sql: Sql) {
        let world = world(sql).await;
        let root = user("root");
        let sharing = &world.sharing;
        let folder = team(&world, "Deep/Team1").await;
        let f = world.folder(folder.root, "f").await;
        let mounts = sharing.mounts(&user("bob")).await.unwrap();
        assert_eq!(mounts.len(), 1);
        assert_eq!(mounts[0].kind, MountKind::Team { folder: folder.id.0 });
        assert_eq!((mounts[0].root, mounts[0].folders.to_string().as_str(), mounts[0].place.name.as_str()), (folder.root, "Deep", "Team1"));
        assert_eq!((mounts[0].owner.as_str(), mounts[0].rules.is_none()), ("Bob", true));
        assert!(sharing.leave(&user("bob"), &mounts[0]).await.is_err());
        sharing.switch_team_rules(by(&root), folder.id, RulesSwitch::On).await.unwrap();
        sharing.set_node_rules(by(&root), f, &[Rule::new(of_person("bob"), 31, 17)]).await.unwrap();
        let mounts = sharing.mounts(&user("bob")).await.unwrap();
        assert_eq!(mounts[0].rules.as_ref().unwrap().evaluate(&[folder.root, f]).bits(), 17);
        // A member shares on what they may, as long as they may.
        assert_eq!(words(world.share("bob", f, with("alice", 31)).await), "Cannot increase permissions of /d");
        let share = world.share("bob", f, with("alice", 17)).await.unwrap().share;
        assert_eq!(share.owner.as_str(), "Bob");
        assert_eq!(world.rights("alice", f).await, 17);
        // Other members may change it.
        let less = allmende_sharing::ShareUpdate { permissions: Some(bits(1)), ..Default::default() };
        sharing.update(by(&user("carol")), share.id, "f", less).await.unwrap();
        assert_eq!(world.rights("alice", f).await, 1);
        sharing.remove_team_group(by(&root), folder.id, &of_group("staff")).await.unwrap();
        assert_eq!(world.rights("alice", f).await, 0);
        assert!(sharing.mounts(&user("bob")).await.unwrap().is_empty());
        assert!(sharing.mounts(&user("alice")).await.unwrap().is_empty());
        // What is gone leaves nothing behind.
        sharing.add_team_group(by(&root), folder.id, &of_group("staff")).await.unwrap();
        world.accounts.remove_group(&group("staff")).await.unwrap();
        sharing.forget_group(&group("staff")).await.unwrap();
        assert!(sharing.team_folder(folder.id).await.unwrap().groups.is_empty());
    }
}
