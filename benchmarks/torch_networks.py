"""Exports networks of Python packages with `torch.export`, and writes torch's own numbers beside them.

    python benchmarks/torch_networks.py INTO                       # every corpus whose package is installed
    python benchmarks/torch_networks.py INTO torchvision timm      # some
    python benchmarks/torch_networks.py INTO --record              # and keeps the numbers in torch_networks_expected.json

`imports.py` runs it in a Python that has the packages: `pip install torch torchvision timm ultralytics`, and for
`projects` those that `PROJECTS` names. It writes `INTO/CORPUS/NAME.pt2` and `INTO/CORPUS/expected.json`.

The networks are built on the device `meta`, or on the CPU if they refuse; nothing is calculated. A `.pt2` has only what a
reader needs, without weights. Of a network this counts: the elements of the parameters and of the floating-point buffers
that its exported graph reads (`parameters`, `buffers`), of those that it does not read (`unread`: an auxiliary classifier),
half of what torch's `FlopCounterMode` counts when the module runs (`macs`, attention by its products), and the shapes
of the tensors that it returns, depth last (`outputs`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import signal
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils import _pytree as trees
from torch.utils.flop_counter import FlopCounterMode

EXPECTED = Path(__file__).with_name("torch_networks_expected.json")
SECONDS = 180


class Job(NamedTuple):
    """A network: what builds it, and the shapes of its inputs."""

    name: str
    build: Callable[[], nn.Module]
    shapes: tuple[tuple[int, ...], ...]


# -- the networks ---------------------------------------------------------------------------------------------------------

CLASSIFICATION = """
    alexnet convnext_tiny convnext_small convnext_base convnext_large densenet121 densenet161 densenet169 densenet201
    efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6
    efficientnet_b7 efficientnet_v2_s efficientnet_v2_m efficientnet_v2_l googlenet inception_v3 maxvit_t mnasnet0_5
    mnasnet0_75 mnasnet1_0 mnasnet1_3 mobilenet_v2 mobilenet_v3_small mobilenet_v3_large regnet_x_400mf regnet_x_800mf
    regnet_x_1_6gf regnet_x_3_2gf regnet_x_8gf regnet_x_16gf regnet_x_32gf regnet_y_400mf regnet_y_800mf regnet_y_1_6gf
    regnet_y_3_2gf regnet_y_8gf regnet_y_16gf regnet_y_32gf regnet_y_128gf resnet18 resnet34 resnet50 resnet101
    resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d shufflenet_v2_x0_5 shufflenet_v2_x1_0
    shufflenet_v2_x1_5 shufflenet_v2_x2_0 squeezenet1_0 squeezenet1_1 swin_t swin_s swin_b swin_v2_t swin_v2_s
    swin_v2_b vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn vit_b_16 vit_b_32 vit_l_16 vit_l_32 vit_h_14
    wide_resnet50_2 wide_resnet101_2
"""
SEGMENTATION = """
    fcn_resnet50 fcn_resnet101 deeplabv3_resnet50 deeplabv3_resnet50.aux deeplabv3_resnet101
    deeplabv3_mobilenet_v3_large lraspp_mobilenet_v3_large
"""
VIDEO = {"r3d_18": 112, "mc3_18": 112, "r2plus1d_18": 112, "s3d": 224, "mvit_v1_b": 224, "mvit_v2_s": 224,
         "swin3d_t": 224, "swin3d_s": 224, "swin3d_b": 224}  # fmt: skip
BACKBONES = {"fasterrcnn_mobilenet_v3_large_320_fpn": 320, "fasterrcnn_resnet50_fpn": 320, "fcos_resnet50_fpn": 320,
             "retinanet_resnet50_fpn": 320, "ssd300_vgg16": 300, "ssdlite320_mobilenet_v3_large": 320}  # fmt: skip

#: A small network of each module of timm 1.0.31.
TIMM = """
    beit_base_patch16_224 halonet26t repvgg_b0 cait_xxs24_224 coat_tiny convit_tiny convmixer_768_32 convnext_atto
    cpubone_nano crossvit_tiny_240 csatv2 darknet17 cspnext_tiny davit_tiny deepseek_vit_412m deit_tiny_patch16_224
    densenet121 dla169 dpn68 edgenext_small efficientformer_l1 efficientformerv2_s0 tinynet_e efficientvim_m1
    efficientvit_b0 efficientvit_m0 eva02_tiny_patch14_224 fasternet_t0 fastvit_t12 focalnet_tiny_lrf gcvit_xxtiny
    gemma4_vit_167m ghostnet_050 hardcorenas_b hgnet_tiny hiera_tiny_224 hieradet_small hrnet_w18_small iformer_s
    inception_next_atto inception_resnet_v2 inception_v3 inception_v4 lcnetv2_small levit_384_s8 lowformer_b0
    mambaout_femto coatnet_pico_rw_224 caformer_s18 gmlp_b16_224 lcnet_050 mobilenetv5_base mobilevit_xxs
    mvitv2_tiny naflexvit_base_patch16_siglip nasnetalarge nest_tiny nextvit_small nf_regnet_b0 pit_xs_224
    pnasnet5large pvt_v2_b0 qwen3_vit_416m rdnet_tiny regnetv_040 repghostnet_050 repvit_m0_9 res2net101d resnest14d
    resnet10t resnetv2_18 rexnet_150 selecsls42 legacy_senet154 sequencer2d_s shvit_s1 skresnet18 starnet_s050
    swiftformer_xs swin_s3_tiny_224 swinv2_tiny_window8_256 swinv2_cr_tiny_224 tiny_vit_5m_224 tnt_s_patch16_224
    tresnet_l twins_svt_small vgg16 visformer_tiny vit_tiny_patch16_224 vit_tiny_r_s16_p8_224
    vit_relpos_small_patch16_224 samvit_base_patch16_224 vitamin_small_224 volo_d1_224 ese_vovnet19b_dw
    legacy_xception xception41 xcit_nano_12_p8_224
"""

YOLOS = """
    yolov3-tiny yolov5n yolov8n yolov8n-seg yolov8n-pose yolov8n-cls yolov9t yolov10n yolo11n yolo11n-seg yolo11n-pose
    yolo11n-cls yolo11n-obb yolo12n
"""


def torchvision() -> Iterator[Job]:
    """Classification, segmentation, video and the backbones of detectors."""
    get: Any = importlib.import_module("torchvision.models").get_model

    def build(name: str) -> nn.Module:
        more: dict[str, Any] = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        plain, _, head = name.partition(".")
        if plain in SEGMENTATION.split() or name in BACKBONES:
            more = {"weights_backbone": None, **({"aux_loss": True} if head else {})}
        module: nn.Module = get(plain, weights=None, **more)
        return module.backbone if name in BACKBONES else module  # type: ignore[return-value]

    for name in CLASSIFICATION.split():
        size = 299 if name == "inception_v3" else 224
        yield Job(name, lambda name=name: build(name), ((1, 3, size, size),))  # type: ignore[misc]
    for name in SEGMENTATION.split():
        yield Job(name, lambda name=name: build(name), ((1, 3, 224, 224),))  # type: ignore[misc]
    for name, size in VIDEO.items():
        yield Job(name, lambda name=name: build(name), ((1, 3, 16, size, size),))  # type: ignore[misc]
    for name, size in BACKBONES.items():
        yield Job(f"{name}.backbone", lambda name=name: build(name), ((1, 3, size, size),))  # type: ignore[misc]


def timm() -> Iterator[Job]:
    """One network of each family: the module of timm that defines it."""
    package: Any = importlib.import_module("timm")
    for name in TIMM.split():
        config = package.get_pretrained_cfg(name)
        shape = (1, *(config.input_size if config else (3, 224, 224)))
        yield Job(name, lambda name=name: package.create_model(name, pretrained=False), (shape,))  # type: ignore[misc]


def ultralytics() -> Iterator[Job]:
    """The files of networks in the package."""
    tasks: Any = importlib.import_module("ultralytics.nn.tasks")
    kinds = {"-seg": tasks.SegmentationModel, "-pose": tasks.PoseModel, "-cls": tasks.ClassificationModel,
             "-obb": tasks.OBBModel}  # fmt: skip
    for name in YOLOS.split():
        kind = next((kind for end, kind in kinds.items() if name.endswith(end)), tasks.DetectionModel)
        size = 224 if name.endswith("-cls") else 640
        yield Job(name, lambda name=name, kind=kind: kind(f"{name}.yaml", verbose=False), ((1, 3, size, size),))  # type: ignore[misc]


#: For networks of other projects: the module to import, and the expression that builds it.
PROJECTS: tuple[tuple[str, str, str, tuple[int, ...]], ...] = (
    ("smp.Unet", "segmentation_models_pytorch", "Unet('resnet18', encoder_weights=None)", (1, 3, 256, 256)),
    ("smp.DeepLabV3Plus", "segmentation_models_pytorch", "DeepLabV3Plus('resnet18', encoder_weights=None)", (1, 3, 256, 256)),
    ("smp.FPN", "segmentation_models_pytorch", "FPN('mobilenet_v2', encoder_weights=None)", (1, 3, 256, 256)),
    ("efficientnet_pytorch", "efficientnet_pytorch", "EfficientNet.from_name('efficientnet-b0')", (1, 3, 224, 224)),
    ("facenet.InceptionResnetV1", "facenet_pytorch", "InceptionResnetV1(classify=True, num_classes=100)", (1, 3, 160, 160)),
    ("facenet.ONet", "facenet_pytorch.models.mtcnn", "ONet(pretrained=False)", (1, 3, 48, 48)),
    ("kornia.HardNet", "kornia.feature", "HardNet(False)", (1, 1, 32, 32)),
    ("kornia.SOSNet", "kornia.feature", "SOSNet(False)", (1, 1, 32, 32)),
    ("monai.UNet", "monai.networks.nets", "UNet(3, 1, 2, (16, 32, 64), (2, 2), num_res_units=2)", (1, 1, 64, 64, 64)),
    ("monai.SegResNet", "monai.networks.nets", "SegResNet(init_filters=8)", (1, 1, 64, 64, 64)),
    ("monai.SwinUNETR", "monai.networks.nets", "SwinUNETR(1, 2, feature_size=12)", (1, 1, 64, 64, 64)),
    ("pytorchcv.peleenet", "pytorchcv.model_provider", "get_model('peleenet')", (1, 3, 224, 224)),
    ("pytorchcv.hrnet", "pytorchcv.model_provider", "get_model('hrnet_w18_small_v1')", (1, 3, 224, 224)),
    ("pytorchcv.shufflenet", "pytorchcv.model_provider", "get_model('shufflenet_g3_wd4')", (1, 3, 224, 224)),
    ("pytorchcv.dpn68", "pytorchcv.model_provider", "get_model('dpn68')", (1, 3, 224, 224)),
)  # fmt: skip


def projects() -> Iterator[Job]:
    """Networks of other projects: those of `PROJECTS` whose package is installed."""
    for name, module, expression, shape in PROJECTS:
        try:
            names = vars(importlib.import_module(module))
        except ImportError as error:
            print(f"skipped: {name} ({error})", flush=True)
            continue
        yield Job(name, lambda e=expression, names=names: eval(e, dict(names)), (shape,))  # type: ignore[misc]


CORPORA: dict[str, Callable[[], Iterator[Job]]] = {
    one.__name__: one for one in (torchvision, timm, ultralytics, projects)
}

# -- what is exported and counted -----------------------------------------------------------------------------------------


def exported(job: Job) -> tuple[nn.Module, torch.export.ExportedProgram]:
    """The module and its program, from the device `meta` if the module can be built and exported there."""
    try:
        with torch.device("meta"):
            module = job.build().eval()
            return module, torch.export.export(module, tuple(torch.zeros(shape) for shape in job.shapes), strict=False)
    except Exception:  # a constructor or a forward pass that reads numbers
        module = job.build().eval()
        return module, torch.export.export(module, tuple(torch.zeros(shape) for shape in job.shapes), strict=False)


def measured(job: Job, path: Path) -> dict[str, Any]:
    """Writes the program of a network, and returns its numbers."""
    module, program = exported(job)
    saved(program, path)
    with (
        FlopCounterMode(display=False) as counter,
        torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH),
        torch.device("meta"),
    ):
        found = module.to("meta")(*(torch.zeros(shape) for shape in job.shapes))
    return {
        **elements(module, program),
        "macs": counter.get_total_flops() // 2,
        "outputs": [volume(leaf.shape) for leaf in trees.tree_leaves(found) if isinstance(leaf, Tensor)],
    }


def elements(module: nn.Module, program: torch.export.ExportedProgram) -> dict[str, int]:
    """The elements of the parameters and floating-point buffers that a graph reads, each counted once."""
    reads = {node.name for node in program.graph.nodes if node.op == "placeholder" and node.users}
    by_name = {
        "PARAMETER": dict(module.named_parameters(remove_duplicate=False)),
        "BUFFER": dict(module.named_buffers(remove_duplicate=False)),
    }
    seen: dict[str, dict[int, int]] = {kind: {} for kind in by_name}
    for spec in program.graph_signature.input_specs:
        tensor = by_name.get(spec.kind.name, {}).get(spec.target or "")
        if tensor is not None and tensor.is_floating_point() and getattr(spec.arg, "name", "") in reads:
            seen[spec.kind.name][id(tensor)] = tensor.numel()
    counts = {"parameters": sum(seen["PARAMETER"].values()), "buffers": sum(seen["BUFFER"].values())}
    unread = sum(one.numel() for one in module.parameters()) - counts["parameters"]
    return {**counts, **({"unread": unread} if unread else {})}


def saved(program: torch.export.ExportedProgram, path: Path) -> None:
    """Writes what `torch.export.save` writes about a program, without weights and examples."""
    serialize: Any = importlib.import_module("torch._export.serde.serialize").serialize
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{path.stem}/models/model.json", serialize(program).exported_program)
        file.writestr(f"{path.stem}/archive_format", "pt2")
        file.writestr(f"{path.stem}/archive_version", "0")


def volume(shape: torch.Size) -> str:
    """The shape of a tensor without its batch, depth last."""
    sizes = [*shape[2:], shape[1]] if len(shape) > 1 else list(shape)
    return "x".join(map(str, sizes))


# -- the run --------------------------------------------------------------------------------------------------------------


def corpus(name: str, folder: Path) -> dict[str, Any]:
    """Exports the networks of a corpus into a folder; returns their numbers by name, or why there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers: dict[str, Any] = {}
    for job in CORPORA[name]():
        signal.alarm(SECONDS)
        try:
            numbers[job.name] = measured(job, folder / f"{job.name}.pt2")
        except (Exception, Late) as error:
            numbers[job.name] = {"failed": f"{type(error).__name__}: {str(error).strip().splitlines()[0][:160]}"}
        signal.alarm(0)
        print(f"  {name}/{job.name}: {json.dumps(numbers[job.name])}", flush=True)
    (folder / "expected.json").write_text(json.dumps(numbers, indent=1) + "\n")
    return numbers


class Late(BaseException):
    """A network that takes too long."""


def _late(*_: Any) -> None:
    raise Late(f"more than {SECONDS} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("into", type=Path, help="the folder to write")
    parser.add_argument(
        "corpora", nargs="*", choices=[*CORPORA, []], help="those to export; every one if none is named"
    )
    parser.add_argument("--record", action="store_true", help=f"keep the numbers in {EXPECTED.name}")
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    signal.signal(signal.SIGALRM, _late)
    known = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    for name in asked.corpora or CORPORA:
        try:
            known[name] = corpus(name, asked.into / name)
        except ImportError as error:
            print(f"skipped: {name} ({error})", flush=True)
    if asked.record:
        rows = (f'"{name}": {{\n{_rows(numbers)}\n}}' for name, numbers in known.items())
        EXPECTED.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    return 0


def _rows(numbers: dict[str, Any]) -> str:
    return ",\n".join(f"{json.dumps(name)}: {json.dumps(own)}" for name, own in numbers.items())


if __name__ == "__main__":
    sys.exit(main())
