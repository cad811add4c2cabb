"""A column's id, role, kind and unit: stable names for scripts, filters and other screens, whatever its title."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gputui.config import providers
from gputui.core.cells import Column, Role, gpus, moment, words
from gputui.core.guarded import guarded
from gputui.core.provider import Provider, View
from gputui.core.reading import rows
from gputui.core.records import STANDARD, Found, column_ids, field_names, record
from gputui.core.rows import Item, Listing
from gputui.core.schema import cells_by_id, schema
from tests.toy import NODES, PROVIDER, Machine, ToyClient

IDS = {
    ("scp", "nodes"): "gpu address nat lock fabric age pool image type vpc subnet pfs_ips owner region",
    ("scp", "fabrics"): "nodes faults gpu pool age description type owner region",
    ("scp", "pools"): "nodes running faults fabrics fabric_names",
    ("scp", "images"): "os version type priority age id",
    ("scp", "products"): "gpu cpu memory disk description class type id",
    ("nsml", "nodes"): "gpu address age exit resource image command ports project run rank updated node_id",
    ("nsml", "runs"): "type creator age updated project project_id",
    ("nsml", "projects"): "runs nodes age updated project_id",
    ("hostedai", "nodes"): ("role gpu address region driver cores memory disk user cpu external_ip volume_group id"),
    ("hostedai", "pools"): "gpu ratio quantum security model gpuaas vendor pool_name id",
    ("hostedai", "gpus"): "model pool node vram vendor id",
    ("hostedai", "regions"): "city country kind rdma address id",
    ("hostedai", "services"): "region age changed k8s_port tunnel_port id",
    ("runai", "inferences"): (
        "gpu pods project age owner node_pool cluster message image priority preemptible url department namespace id"
    ),
    ("runai", "pods"): "gpu inference node node_pool age ip image priority project id",
    ("runai", "nodes"): "gpu node_pool cluster age taints id",
    ("runai", "pools"): "nodes cluster label message age default id",
    ("runai", "clusters"): "seen version domain age id",
    ("runai", "projects"): "gpu asked quota cluster age namespace id",
    ("datenfab", "instances"): "gpu cost age ssh region node image cpu memory disk pod_ip cluster id uid",
    (
        "datenfab",
        "skus",
    ): "gpu free price billed discount region vram cores memory system_disk data_disk cpu cluster id",
    ("datenfab", "clusters"): "cluster registry age id",
}
"""The names that scripts know: a title may change, its id may not (then it stands in the column as `id=`)."""


def built_in(name: str) -> Provider[ToyClient]:
    provider = providers.load(name)
    assert isinstance(provider, Provider)
    return provider


@pytest.mark.parametrize("name", ["scp", "nsml", "hostedai", "runai", "datenfab"])
def test_the_ids_that_scripts_know_stay(name: str) -> None:
    found = {(name, view.name): " ".join(column.id for column in view.columns) for view in built_in(name).views}
    assert found == {key: ids for key, ids in IDS.items() if key[0] == name}


@pytest.mark.parametrize("name", ["scp", "nsml", "hostedai", "runai", "datenfab"])
def test_what_others_look_for_has_its_role(name: str) -> None:
    """By meaning: whatever a list tells of these is found by its role."""
    roles = {"gpu": Role.GPU, "age": Role.AGE, "address": Role.ADDRESS, "owner": Role.OWNER, "creator": Role.OWNER}
    roles |= {"region": Role.REGION, "cost": Role.COST, "price": Role.COST, "image": Role.IMAGE}
    for view in built_in(name).views:
        found = schema(view)
        assert next(iter(found)) == "name" and found["name"].role is Role.NAME
        assert {id: column.role for id, column in found.items() if id in roles} == {
            id: role for id, role in roles.items() if id in found
        }
        assert len({column.title for column in found.values()}) == len(found), "one title, one column"


def test_a_title_may_change_and_the_id_stays() -> None:
    column = Column("ACCELERATORS", lambda one: gpus(8, "H100"), role=Role.GPU, id="gpu")
    view = replace(NODES, columns=(column,))
    row = next(iter(rows(view, "p", Listing((Item(Machine("a", "toy-a"), {}),)))[0].values()))
    assert schema(view)["gpu"].title == "ACCELERATORS"
    assert cells_by_id(view, row)["gpu"].value == 8
    assert record(Found("toy", view, row, 0.0))["gpu"] == 8


def stranger(*columns: Column[Machine]) -> View[ToyClient, Machine]:
    """The view of a provider whose author knows nothing of ids."""
    made = guarded(replace(PROVIDER, views=(replace(NODES, columns=columns),)))
    return made.views[0]


def test_a_stranger_s_columns_get_ids_of_their_own() -> None:
    view = stranger(
        Column("GPU", lambda one: words("a")),
        Column("Gpu", lambda one: words("b")),
        Column("STATE", lambda one: words("c")),
        Column("GPU 2", lambda one: words("d")),
    )
    assert list(schema(view)) == ["name", "health", "state", "gpu", "gpu_2", "state_2", "gpu_2_2"]
    row = next(iter(rows(view, "p", Listing((Item(Machine("a", "toy-a"), {}),)))[0].values()))
    told = record(Found("toy", view, row, 0.0))
    assert [told[id] for id in ("gpu", "gpu_2", "state_2", "gpu_2_2")] == ["a", "b", "c", "d"]
    assert told["state"] == "RUNNING"
    assert column_ids([view])[len(STANDARD) :] == ("gpu", "gpu_2", "state_2", "gpu_2_2", *field_names(view))


def test_the_kind_follows_from_the_role_where_it_is_not_told() -> None:
    plain, age, count = (
        Column("A", lambda one: words("x")),
        Column("B", lambda one: moment(None), role=Role.AGE),
        Column("C", lambda one: gpus(1, ""), role=Role.GPU),
    )
    assert [column.kind for column in (plain, age, count)] == ["text", "moment", "number"]
