"""The xDSL dialect `xcs`: what a traced program is made of.

Program order is the textual order of the ops together with the effect that each acting op carries in its own
property. Importing this package loads xDSL, never JAX.
"""

from __future__ import annotations

from .access import GetAttrOp, GetItemOp, UnpackOp
from .arguments import DOUBLE_STAR, POSITIONAL, STAR, Argument, ArgumentsAttr
from .calls import CallIndirectOp, CallOp, InvokeOp
from .constants import ConstantOp, UndefOp
from .containers import AppendOp, InsertOp, MakeDictOp, MakeListOp, MakeTupleOp
from .control_flow import IfOp, RaiseOp, TryOp
from .effects import EffectAttr
from .functions import CallableOp, FuncOp, OutsideOp, ReturnOp
from .literals import LiteralAttr
from .loops import ForOp, ReduceOp, WhileOp
from .operation import EffectfulOp, XcsOperation, file_location, symbol
from .parallel import EnsembleOp, MapOp
from .regions import YieldOp
from .state import LoadOp, StoreAttrOp, StoreCellOp, StoreItemOp
from .tensor import TensorOp, XlaCallOp, XlaOp
from .types import OBJ, ListType, ObjType, element_type, flows_into, list_of, obj
from .variables import AssignOp, CurrentOp, VariableOp
from .xcs_dialect import XCS

__all__ = [
    "DOUBLE_STAR",
    "OBJ",
    "POSITIONAL",
    "STAR",
    "XCS",
    "AppendOp",
    "Argument",
    "ArgumentsAttr",
    "AssignOp",
    "CallIndirectOp",
    "CallOp",
    "CallableOp",
    "ConstantOp",
    "CurrentOp",
    "EffectAttr",
    "EffectfulOp",
    "EnsembleOp",
    "ForOp",
    "FuncOp",
    "GetAttrOp",
    "GetItemOp",
    "IfOp",
    "InsertOp",
    "InvokeOp",
    "ListType",
    "LiteralAttr",
    "LoadOp",
    "MakeDictOp",
    "MakeListOp",
    "MakeTupleOp",
    "MapOp",
    "ObjType",
    "OutsideOp",
    "RaiseOp",
    "ReduceOp",
    "ReturnOp",
    "StoreAttrOp",
    "StoreCellOp",
    "StoreItemOp",
    "TensorOp",
    "TryOp",
    "UndefOp",
    "UnpackOp",
    "VariableOp",
    "WhileOp",
    "XcsOperation",
    "XlaCallOp",
    "XlaOp",
    "YieldOp",
    "element_type",
    "file_location",
    "flows_into",
    "list_of",
    "obj",
    "symbol",
]
