"""The kinds of files that people give in place of a model: one row a kind, with all its signs and what to do next.

Sources: the specifications and sources of the formats (the magic numbers of HDF5, zip, gzip, NumPy, safetensors, GGUF,
TFLite), and files of the projects that the rows name.
"""

from __future__ import annotations

from collections.abc import Callable

from analyzer.loader.foreign import advice, protobuf, sqlite
from analyzer.record import Record

_EXAMPLE = "`analyzer example > model.yaml` writes a model to start from"

# What to do next, by what a file has. What is read in its place comes first, with the command that writes it.
_READ = "a .pt2 of `torch.export`, an ONNX, Keras (JSON, .keras, .h5), Caffe (prototxt) or Darknet file of the network is read"
_LAYERS = f"{_READ}; otherwise describe its layers in YAML ({_EXAMPLE})"
_TORCH = (
    "where the network is built, run `program = torch.export.export(net.eval(), (torch.zeros(1, 3, 224, 224),))` and "
    "`torch.export.save(program, 'net.pt2')`, which is read"
)
_GRAPH = "convert it to ONNX, which is read: `python -m tf2onnx.convert --{} --output net.onnx`"
_WEIGHTS = f"it has weights and no layers; {_READ}, or a description of its layers in YAML ({_EXAMPLE})"
_SETTINGS = f"it has settings and no layers; {_READ}, or a description of its layers in YAML ({_EXAMPLE})"
_CODE = f"it has code, which is not run; {_READ}, or a description of its layers in YAML ({_EXAMPLE})"
_PICKLE = f"it has objects of Python, which may run code when they are loaded; {_TORCH}"
_SAFE = f"it has weights and no layers; {_TORCH}"
_SOURCE = "save the network as ONNX, Keras or .pt2 from the program that trained it, which is read"
_CAFFE = "it has the weights of a .prototxt file; give that file, which is read"
_NOTHING = f"it has no network ({_EXAMPLE})"
_PACKED = "unpack it, and give the file in it"


class Foreign(Record, kw_only=True):
    """A kind of file.

    `name` follows "is", `advice` says what to do next. Each sign is enough: `magic` (offset and bytes), `sign` (a
    function of the bytes), `members` (how the name of a file in a zip archive ends), `keys` (sets of keys at the top of
    YAML or JSON), `pattern` (in the text; it must not try a run of lines again from each of them). `endings` of the
    file's name count where no content tells the kind, or only a `wide` one, such as an archive of anything.

    `reader` is the format of `loader.formats` that reads the kind; its `advice` is then empty. `advise` makes an advice
    of the bytes and the name of the file.
    """

    name: str
    advice: str = ""
    reader: str = ""
    advise: Callable[[bytes, str], str] | None = None
    wide: bool = False
    magic: tuple[tuple[int, bytes], ...] = ()
    sign: Callable[[bytes], bool] | None = None
    members: tuple[str, ...] = ()
    keys: tuple[frozenset[str], ...] = ()
    pattern: str | None = None
    endings: tuple[str, ...] = ()


def _keys(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(names.split()) for names in sets)


#: In the order of the search: a kind with a narrower sign comes before one with a wider.
KINDS = (
    # Binary, told by their first bytes.
    Foreign(name="an HDF5 file, such as Keras writes (binary)", reader="h5", magic=((0, b"\x89HDF\r\n\x1a\n"),), endings=(".h5", ".hdf5")),
    Foreign(name="a TensorFlow Lite model (binary)", advice=_GRAPH.format("tflite net.tflite"), magic=((4, b"TFL3"),), endings=(".tflite",)),
    Foreign(name="a GGUF file (binary)", advice=_WEIGHTS, magic=((0, b"GGUF"),), endings=(".gguf",)),
    Foreign(name="a NumPy array (binary)", advice=_WEIGHTS, magic=((0, b"\x93NUMPY"),), endings=(".npy",)),
    Foreign(name="a safetensors file (binary)", advice=_SAFE, magic=((7, b'\0{"'), (7, b"\0{}")), endings=(".safetensors",)),
    Foreign(name="a gzip archive", advice=_PACKED, magic=((0, b"\x1f\x8b"),), endings=(".gz", ".tgz")),
    Foreign(name="an archive", advice=_PACKED, magic=((0, b"BZh91AY"), (0, b"\xfd7zXZ"), (0, b"7z\xbc\xaf"), (0, b"\x28\xb5\x2f\xfd"), (0, b"Rar!"), (257, b"ustar"))),
    Foreign(name="the store of a sweep (SQLite)", advise=advice.store, sign=sqlite.is_store),
    Foreign(name="a SQLite database", advice=_NOTHING, magic=((0, sqlite.HEADER),)),
    Foreign(name="a PDF document", advice=_NOTHING, magic=((0, b"%PDF-"),)),
    Foreign(name="a picture", advice=_NOTHING, magic=((0, b"\x89PNG"), (0, b"\xff\xd8\xff"), (0, b"GIF87a"), (0, b"GIF89a"))),
    # Archives, told by the names in them. `torch.save` writes `data.pkl`, TorchScript `constants.pkl` beside it.
    Foreign(name="a Keras model (.keras)", reader="keras", members=("metadata.json", "model.weights.h5"), endings=(".keras",)),
    Foreign(name="a PyTorch program of `torch.export` (.pt2)", reader="pt2", members=("/archive_format", "/archive_version", "serialized_exported_program.json", "models/model.json"), endings=(".pt2",)),
    Foreign(name="a PyTorch TorchScript model (binary)", advice=_TORCH, members=("/constants.pkl", ".debug_pkl"), endings=(".torchscript", ".ptl")),
    Foreign(name="a PyTorch checkpoint (binary)", advice=_PICKLE, members=("/data.pkl",), magic=((0, b"\x80\x02\x8a\nl\xfc\x9c"),), endings=(".pt", ".pth", ".ckpt")),
    Foreign(name="a NumPy archive (binary)", advice=_WEIGHTS, members=(".npy",), endings=(".npz",)),
    Foreign(name="a zip archive", wide=True, advice=_PACKED, magic=((0, b"PK\x03\x04"), (0, b"PK\x05\x06")), endings=(".zip",)),
    Foreign(name="a Python pickle (binary)", advice=_PICKLE, magic=tuple((0, bytes((0x80, version))) for version in (2, 3, 4, 5)), endings=(".pkl", ".pickle")),
    # Protocol buffers, which have no magic number.
    Foreign(name="a TensorFlow SavedModel (binary)", advice=_GRAPH.format("saved-model FOLDER"), sign=protobuf.is_saved_model),
    Foreign(name="a Core ML model (binary)", advice=_SOURCE, sign=protobuf.is_core_ml, endings=(".mlmodel", ".mlpackage")),
    Foreign(name="an ONNX model in ORT format (binary)", advice="give the .onnx file that it was made of, which is read", magic=((4, b"ORTM"),), endings=(".ort",)),
    Foreign(name="an ONNX model (binary)", reader="onnx", sign=protobuf.is_onnx, endings=(".onnx",)),
    Foreign(name="a TensorFlow graph (binary)", advice=_GRAPH.format("graphdef net.pb --inputs x:0 --outputs y:0"), sign=protobuf.is_graph, endings=(".pb", ".pbtxt")),
    Foreign(name="a Caffe caffemodel (binary)", advice=_CAFFE, sign=protobuf.is_caffemodel, endings=(".caffemodel",)),
    # Text, told by its lines.
    Foreign(name="a pointer of Git LFS to the file", advice="`git lfs pull` downloads the file", pattern=r"\Aversion https://git-lfs"),
    Foreign(name="a web page (HTML)", advice="download the file itself, not the page that shows it (on GitHub, the button `Raw`)", pattern=r"(?i)\A\s*<(!doctype html|html)\b", endings=(".html", ".htm")),
    Foreign(name="a shell script", advice=_CODE, pattern=r"\A#!.*\b(ba|z|da|)sh\b", endings=(".sh",)),
    Foreign(name="Python code", advise=advice.python, pattern=r"\A#!.*\bpython|^(import [\w., ]+|from [\w.]+ import .*|def \w+\(.*|class \w+\(.*\):[ \t]*)\r?$", endings=(".py",)),
    Foreign(name="an ONNX model in text", advice="save it as binary, which is read: `onnx.save(onnx.load('net.textproto'), 'net.onnx')`", pattern=r"\A\s*(<\s*)?ir_version\s*:\s*\d", endings=(".onnxtxt", ".textproto")),
    Foreign(name="an OpenVINO model", advice=_LAYERS, pattern=r"\A\s*(<\?xml[^>]*>\s*)?<net\b"),
    Foreign(name="an XML file", advice=_NOTHING, pattern=r"\A\s*<\?xml", endings=(".xml",)),
    Foreign(name="an ncnn model", advice=_LAYERS, pattern=r"\A7767517\s"),
    Foreign(name="a Darknet network (.cfg)", reader="darknet", pattern=r"^[ \t]*\[[ \t]*(net|network|convolutional|conv|connected|maxpool|local|route|shortcut|yolo|region)[ \t]*\][ \t]*([#;].*)?\r?$"),
    Foreign(name="a Caffe network (.prototxt)", reader="caffe", pattern=r"^[ \t]*layers?[ \t]*:?[ \t]*[{<]([ \t\r]*(#.*)?$|.*\b(name|type|bottom|top)[ \t]*:[ \t]*[\"'A-Z]|[ \t]*layer[ \t]*\{)", endings=(".prototxt", ".prototext")),
    Foreign(name="a TensorFlow graph in text", advice=_GRAPH.format("graphdef net.pb --inputs x:0 --outputs y:0"), pattern=r"^node(?:[ \t]*:)?[ \t]*\{[ \t\r]*$"),
    Foreign(name="a module as PyTorch prints it", advice=_TORCH, pattern=r"\A\s*\w+\(\n\s+\(\w+\): "),
    Foreign(name="a summary as Keras prints it", advice="save the network itself, `model.save('net.keras')` or `model.to_json()`, which is read", pattern=r"^Model: \".*\"[ \t\r]*\n[ \t]*[_━┏=]"),
    # YAML and JSON, told by the keys at their top.
    Foreign(name="a Jupyter notebook", advice=_CODE, keys=_keys("cells nbformat", "cells metadata"), endings=(".ipynb",)),
    Foreign(name="a TensorFlow.js graph model", advice=_GRAPH.format("tfjs model.json"), pattern=r'"format"\s*:\s*"graph-model"|"modelTopology"\s*:\s*\{\s*"(node|library|versions)"'),
    Foreign(name="a TensorFlow.js model", reader="keras", keys=_keys("modelTopology", "layers-model weightsManifest")),
    Foreign(name="a Keras model in YAML", advice="save it as JSON, `model.to_json()`, which is read", pattern=r"^class_name:[ \t]*(Sequential|Functional|Model)\b"),
    Foreign(name="a Keras model in JSON", reader="keras", keys=_keys("class_name config")),
    Foreign(name="an ONNX model in JSON", advice="save it as binary, which is read: `onnx.save(onnx.load('net.json'), 'net.onnx')`", keys=_keys("irVersion graph", "irVersion opsetImport"), endings=(".onnxjson",)),
    Foreign(name="an MXNet symbol", advice=_LAYERS, keys=_keys("nodes arg_nodes")),
    Foreign(name="a PaddlePaddle model", advice=_LAYERS, keys=_keys("base_code program"), endings=(".pdmodel",)),
    Foreign(name="an Ultralytics YOLO model in YAML", advise=advice.ultralytics, keys=_keys("backbone head"), pattern=r"^[ \t]*- \[(-?\d+|\[[-\d, ]+\]), *\d+, *[\w.]+, *\["),
    Foreign(name="a dataset of Ultralytics YOLO", advice=_NOTHING, keys=_keys("train val names", "train val nc", "path names")),
    Foreign(name="settings of Ultralytics YOLO", advice=_SETTINGS, keys=_keys("lr0 lrf", "task mode model", "weights cfg data hyp")),
    Foreign(name="a configuration of detectron2 or another program with its keys", advice=_SETTINGS, keys=_keys("MODEL", "_BASE_")),
    Foreign(name="a list of OpenMMLab models", advice=_NOTHING, keys=_keys("Collections", "Models Collections")),
    Foreign(name="a Hugging Face configuration", advice="it has settings and no layers; save the network as ONNX, which is read: `optimum-cli export onnx --model NAME FOLDER`", keys=_keys("architectures", "model_type", "transformers_version", "_diffusers_version", "image_processor_type", "feature_extractor_type", "architecture pretrained_cfg")),
    Foreign(name="a MONAI configuration", advice=_SETTINGS, keys=_keys("network_def", "imports _meta_", "monai_version", "network_data_format")),
    Foreign(name="an NNI experiment", advice=_SETTINGS, keys=_keys("searchSpace", "searchSpaceFile", "searchSpacePath", "trialCommand", "trial tuner", "authorName experimentName")),
    Foreign(name="an NNI search space", advice=_SETTINGS, pattern=r"[\"']?_type[\"']?\s*:\s*[\"']?(choice|randint|q?(log)?(uniform|normal)|layer_choice|input_choice)\b"),
    Foreign(name="a Caffe solver", advice=_SETTINGS, keys=_keys("base_lr", "solver_mode", "lr_policy")),
    Foreign(name="a configuration that names Python classes, as Hydra and MONAI read it", advice=_SETTINGS, pattern=r"^[ \t{\"'-]*_target_[\"']?[ \t]*:"),
    Foreign(name="a workflow of GitHub Actions", advice=_NOTHING, keys=_keys("on jobs", "runs description", "runs inputs")),
    Foreign(name="a Docker Compose file", advice=_NOTHING, keys=_keys("services")),
    Foreign(name="a configuration of pre-commit", advice=_NOTHING, keys=_keys("repos")),
    Foreign(name="a Conda environment", advice=_NOTHING, keys=_keys("channels dependencies")),
    Foreign(name="a Kubernetes object", advice=_NOTHING, keys=_keys("apiVersion kind")),
    Foreign(name="a SARIF report", advice=_NOTHING, keys=_keys("runs version")),
    Foreign(name="a report of `analyzer memory`", advice="give the model that it was made of", keys=_keys("assumptions training format", "assumptions inference format")),
    Foreign(name="a report of `analyzer diff`", advice="give one of the models that it compares", keys=_keys("format equal old new")),
    Foreign(name="an INI or TOML file", wide=True, advice=_NOTHING, pattern=r"^\[\[?[\w.\-\" ]+\]\]?[ \t\r]*\n(?:[ \t]*(?:[;#].*)?\n)*[ \t]*[\w.\-\"]+ *=", endings=(".toml", ".ini", ".cfg")),
    # Told by the ending alone: formats without a sign in their content.
    Foreign(name="Darknet weights (binary)", advice="it has weights and no layers; give the network's .cfg file, which is read", endings=(".weights",)),
    Foreign(name="a TensorRT engine (binary)", advice=_LAYERS, endings=(".engine", ".trt", ".plan")),
    Foreign(name="data of an ONNX model (binary)", advice="it has the weights of the .onnx file beside it; give that file", endings=(".onnx.data", ".onnx_data")),
    Foreign(name="weights (binary)", advice=_WEIGHTS, endings=(".bin", ".pdiparams", ".params")),
)  # fmt: skip

#: For bytes that are not text and have no other sign.
BINARY = Foreign(name="a binary file", advice=_NOTHING)
