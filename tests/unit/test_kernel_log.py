"""The kernel log: every form of line is understood, followers are folded, and what cannot be read is said."""

from __future__ import annotations

import pytest

from gputui.core.gpu_findings import GpuFinding, Repair
from gputui.core.health import Health
from gputui.core.kernel_log import KernelEvent, KernelLog, LogKind, Readable, causes, findings, same_bus
from gputui.core.xids import XIDS, Fault, xid
from gputui.ssh.gpus.kernel_log import LogReader, events_in
from gputui.ssh.gpus.question import MachineAnswer, Part

NOW = 1_800_000_000.0
BUS = "0000:52:00"
TITLES = {"00000000:52:00.0": "GPU 3", "00000000:61:00.0": "GPU 4"}


def events(*lines: str, at: float = NOW - 60) -> list[KernelEvent]:
    return list(events_in((at + number / 10, line) for number, line in enumerate(lines)))


def said(*lines: str, readable: Readable = Readable.YES) -> list[GpuFinding]:
    return sorted(findings(KernelLog(tuple(events(*lines)), readable), TITLES, NOW), key=lambda one: one.order)


def line(number: int, rest: str = "Ch 00000008", bus: str = f"PCI:{BUS}") -> str:
    return f"NVRM: Xid ({bus}): {number}, {rest}"


@pytest.mark.parametrize(
    ("text", "kind", "number", "bus", "pid", "name"),
    [
        (line(79, "pid='<unknown>', name=<unknown>, GPU has fallen off the bus."), LogKind.XID, 79, BUS, None, ""),
        (line(13, "pid=412, name=python3, Graphics SM Warp Exception"), LogKind.XID, 13, BUS, 412, "python3"),
        (line(94, "pid=7, name=a, Contained: CE (0x9). RST: No", f"PCI:{BUS} GPU-I:05"), LogKind.XID, 94, BUS, 7, "a"),
        ("NVRM: Xid (0000:03:00): 14, Channel 00000001", LogKind.XID, 14, "0000:03:00", None, ""),
        ("NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.", LogKind.XID, 79, "0000:18:00.0", None, ""),
        (line(149, "NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x004505c6 0x0)"), LogKind.XID, 149, BUS, None, ""),
        (
            "nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48 LTSSM Fault Up",
            LogKind.SXID,
            20034,
            "0000:06:00.0",
            None,
            "",
        ),
        ("Out of memory: Killed process 20991 (python3) total-vm:8kB", LogKind.OUT_OF_MEMORY, 0, "", None, ""),
        ("INFO: task nvidia-smi:20417 blocked for more than 120 seconds.", LogKind.HUNG_TASK, 0, "", None, ""),
        ("EXT4-fs (nvme0n1p2): Remounting filesystem read-only", LogKind.READ_ONLY, 0, "", None, ""),
        ("nvme nvme1: I/O 12 QID 3 timeout, reset controller", LogKind.DISK, 0, "", None, ""),
        ("mlx5_core 0000:b9:00.0 ibp185s0: Link is Down", LogKind.LINK, 0, "", None, ""),
    ],
)
def test_every_form_of_line(text: str, kind: LogKind, number: int, bus: str, pid: int | None, name: str) -> None:
    (event,) = events(text)
    assert (event.kind, event.number, event.bus, event.pid, event.name) == (kind, number, bus, pid, name)


@pytest.mark.parametrize("text", ["", "usb 1-1: new device", "NVRM: loading", "NVRM: Xid (PCI:zz): x", "\x1b[2J" * 50])
def test_other_lines_are_no_events(text: str) -> None:
    assert events(text) == []


def test_text_of_a_machine_is_cleaned_and_short() -> None:
    (event,) = events(line(79, "a\x1b[2Jb" + "x" * 4000))
    assert "\x1b" not in event.text and len(event.text) <= 240


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0000:52:00", "00000000:52:00.0", True),
        ("0000:52:00.0", "0000:52:00", True),
        ("0000:C3:00", "00000000:c3:00.0", True),
        ("0000:52:00", "00000000:53:00.0", False),
        ("", "", False),
    ],
)
def test_addresses_of_one_device(one: str, other: str, same: bool) -> None:
    assert same_bus(one, other) is same


def test_the_first_that_is_no_follower_is_the_cause() -> None:
    told = events(line(79), line(45), line(45), line(43), line(13, bus="PCI:0000:61:00"))
    assert [(event.number, followers) for event, followers in causes(told)] == [(79, 3), (13, 0)]


def test_what_is_graver_is_no_follower_and_what_comes_much_later_is_another_cause() -> None:
    assert [event.number for event, _ in causes(events(line(13), line(79)))] == [13, 79]
    late = [*events(line(79), at=NOW - 900), *events(line(45), at=NOW - 60)]
    assert [event.number for event, _ in causes(late)] == [79, 45]


def test_a_lost_gpu_is_named_with_what_to_do() -> None:
    (lost,) = said(line(79, "pid='<unknown>', name=<unknown>, GPU has fallen off the bus."), line(45))
    assert lost.words == "GPU 3: Xid 79, the GPU has fallen off the bus, 1 more follow it"
    assert (lost.health, lost.action, lost.source) == (Health.BAD, Repair.REBOOT, "kernel log")
    assert lost.since == NOW - 60


@pytest.mark.parametrize("number", [13, 31, 43, 45, 68, 69, 137])
def test_what_a_job_did_is_no_verdict_on_the_gpu(number: int) -> None:
    (found,) = said(line(number))
    assert found.health is Health.OK


def test_a_jobs_fault_that_comes_again_within_a_day_is_a_suspicion() -> None:
    twice = [*events(line(31), at=NOW - 4000), *events(line(31), at=NOW - 60)]
    (found,) = findings(KernelLog(tuple(twice), Readable.YES), TITLES, NOW)
    assert found.health is Health.DEGRADED and "dcgmi diag" in found.remedy and "2 times" in found.words
    rare = [*events(line(31), at=NOW - 2 * 86400), *events(line(31), at=NOW - 60)]
    (found,) = findings(KernelLog(tuple(rare), Readable.YES), TITLES, NOW)
    assert found.health is Health.OK
    two_gpus = events(line(31), line(31, bus="PCI:0000:61:00"))
    assert {one.health for one in findings(KernelLog(tuple(two_gpus), Readable.YES), TITLES, NOW)} == {Health.OK}


@pytest.mark.parametrize(("times", "action"), [(4, Repair.RESET), (5, Repair.REPLACE)])
def test_a_fatal_one_five_times_a_day_is_for_the_provider(times: int, action: Repair) -> None:
    told = [event for at in range(times) for event in events(line(119), at=NOW - 3000 - at * 100)]
    (found,) = findings(KernelLog(tuple(sorted(told, key=lambda one: one.at)), Readable.YES), TITLES, NOW)
    assert found.action is action


ASKED = "GPU recovery action changed from 0x0 (None) to 0x2 ({})"


@pytest.mark.parametrize(
    ("asked", "health", "action"),
    [
        ("Node Reboot Required", Health.BAD, Repair.REBOOT),
        ("GPU Reset Required", Health.BAD, Repair.RESET),
        ("Drain P2P", Health.DEGRADED, Repair.APP),
        ("Drain and Reset", Health.DEGRADED, Repair.RESET),
        ("Something New", Health.BAD, Repair.REPORT),
    ],
)
def test_the_driver_has_the_last_word(asked: str, health: Health, action: Repair) -> None:
    found = said(line(31), line(154, ASKED.format(asked)))
    assert (found[0].health, found[0].action) == (health, action)
    assert found[0].words == f"GPU 3: the driver asks for: {asked} (Xid 154)"


def test_what_the_driver_took_back_is_over() -> None:
    found = said(line(79), line(154, ASKED.format("Node Reboot Required")), line(154, ASKED.format("None")))
    assert {one.health for one in found} == {Health.OK}


@pytest.mark.parametrize(("ago", "health"), [(86_400 - 60, Health.BAD), (86_400 + 60, Health.OK)])
def test_what_is_more_than_a_day_old_is_told_and_decides_nothing(ago: float, health: Health) -> None:
    for text in (line(79), "EXT4-fs (nvme0n1p2): Remounting filesystem read-only"):
        (found,) = findings(KernelLog(tuple(events(text, at=NOW - ago)), Readable.YES), TITLES, NOW)
        assert found.health is health
        assert ("more than a day ago" in found.words) is (health is Health.OK)


def test_what_comes_again_after_it_was_taken_back_counts() -> None:
    found = said(line(95), line(154, ASKED.format("None")))
    assert {one.health for one in found} == {Health.OK}
    again = [*events(line(95), line(154, ASKED.format("None")), at=NOW - 900), *events(line(95), at=NOW - 60)]
    (one,) = findings(KernelLog(tuple(again), Readable.YES), TITLES, NOW)
    assert one.health is Health.BAD and "2 times" in one.words


def test_a_log_that_cannot_be_read_is_said_and_is_no_fault() -> None:
    (found,) = said(readable=Readable.NO)
    assert found.health is Health.OK and "could not be read" in found.words and "group adm" in found.remedy
    assert said(readable=Readable.YES) == [] and said(readable=Readable.NOT_YET) == []


def test_an_unknown_number_says_so() -> None:
    (found,) = said(line(999))
    assert found.health is Health.DEGRADED and "Xid 999 is not in our table" in found.remedy


def test_the_table_is_whole() -> None:
    """Each row of the catalog's table in the reference is here, with its severity."""
    notes = (8, 11, 25, 13, 31, 37, 38, 44, 66, 67, 43, 45, 63, 92, 93, 121, 137, 141, 155, 160, 161, 162, 165)
    bad = (46, 48, 54, 56, 61, 62, 64, 74, 79, 95, 109, 110, 119, 120, 136, 140, 143, 149, 158, 167, 171, 172)
    degraded = (32, 65, 73, 78, 80, 81, 94, 151, 156, 157, 159, 166, 168, 170, 176)
    for numbers, health in ((notes, Health.OK), (bad, Health.BAD), (degraded, Health.DEGRADED)):
        assert {number: xid(number).health for number in numbers} == dict.fromkeys(numbers, health)
    assert all(row.number == number and row.what for number, row in XIDS.items())
    assert all(row.action is not Repair.NONE for row in XIDS.values() if row.health is Health.BAD)
    assert all(row.health is Health.OK for row in XIDS.values() if row.fault in (Fault.APP, Fault.FOLLOWER))


# -- reading it -------------------------------------------------------------------------------------------------------


def journal(*lines: str, part: Part = Part.JOURNAL) -> MachineAnswer:
    return MachineAnswer({part: lines}, {part: 0})


def test_the_journal_then_only_what_is_new() -> None:
    reader = LogReader()
    assert [part for part, _ in reader.questions()] == [Part.JOURNAL, Part.DMESG]
    reader.take(journal(f"{NOW - 60:.6f} node kernel: {line(79)}"), NOW, None)
    assert reader.log.readable is Readable.YES and [event.number for event in reader.log.events] == [79]
    ((part, asked),) = reader.questions()
    assert part is Part.JOURNAL and f"--since @{int(NOW - 60)}" in asked and asked.count("journalctl") == 1
    before = reader.log
    reader.take(journal(f"{NOW - 60:.6f} node kernel: {line(79)}"), NOW + 30, None)
    assert reader.log is before
    reader.take(journal(f"{NOW + 20:.6f} node kernel: {line(45)}"), NOW + 30, None)
    assert [event.number for event in reader.log.events] == [79, 45]


def test_dmesg_counts_from_the_start_of_the_machine() -> None:
    reader = LogReader()
    got = MachineAnswer(
        {
            Part.JOURNAL: ("No journal files were opened due to insufficient permissions.",),
            Part.DMESG: ("[    1.000000] Linux version 6", f"[  940.000000] {line(79)}"),
        },
        {Part.JOURNAL: 1, Part.DMESG: 0},
    )
    reader.take(got, NOW, 1000.0)
    assert reader.by is Part.DMESG
    assert [(event.at, event.number) for event in reader.log.events] == [(NOW - 60, 79)]
    reader.take(MachineAnswer({Part.DMESG: (f"[  940.000000] {line(79)}",)}, {Part.DMESG: 0}), NOW + 30.3, 1030.4)
    assert len(reader.log.events) == 1


def test_a_restart_forgets_what_was_before() -> None:
    reader = LogReader()
    reader.take(journal(f"{NOW - 60:.6f} node kernel: {line(79)}"), NOW, 5000.0)
    reader.take(journal(), NOW + 100, 5100.2)
    assert len(reader.log.events) == 1
    reader.take(journal(f"{NOW + 190:.6f} node kernel: Linux version 6"), NOW + 200, 10.0)
    assert reader.log.events == () and reader.log.readable is Readable.YES


def test_who_may_read_neither_is_told_so_and_asked_again() -> None:
    reader = LogReader()
    refused = MachineAnswer(
        {
            Part.JOURNAL: ("-- No entries --",),
            Part.DMESG: ("dmesg: read kernel buffer failed: Operation not permitted",),
        },
        {Part.JOURNAL: 1, Part.DMESG: 1},
    )
    reader.take(refused, NOW, 1000.0)
    assert reader.log.readable is Readable.NO and len(reader.questions()) == 2
    reader.take(MachineAnswer({}, {}), NOW, None)
    assert reader.log.readable is Readable.NO
