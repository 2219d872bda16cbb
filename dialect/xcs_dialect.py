"""The dialect object: every op, attribute and type of `xcs`, as xDSL registers them."""

from __future__ import annotations

from xdsl.ir import Dialect

from .access import GetAttrOp, GetItemOp, UnpackOp
from .arguments import ArgumentsAttr
from .calls import CallIndirectOp, CallOp, InvokeOp
from .constants import ConstantOp, UndefOp
from .containers import AppendOp, InsertOp, MakeDictOp, MakeListOp, MakeTupleOp
from .control_flow import IfOp, RaiseOp, TryOp
from .effects import EffectAttr
from .functions import CallableOp, FuncOp, OutsideOp, ReturnOp
from .literals import LiteralAttr
from .loops import ForOp, ReduceOp, WhileOp
from .parallel import EnsembleOp, MapOp
from .regions import YieldOp
from .state import LoadOp, StoreAttrOp, StoreCellOp, StoreItemOp
from .tensor import TensorOp, XlaCallOp, XlaOp
from .types import ListType, ObjType
from .variables import AssignOp, CurrentOp, VariableOp

XCS = Dialect(
    "xcs",
    [
        FuncOp,
        ReturnOp,
        CallableOp,
        OutsideOp,
        ConstantOp,
        UndefOp,
        LoadOp,
        StoreItemOp,
        StoreAttrOp,
        StoreCellOp,
        CallOp,
        CallIndirectOp,
        InvokeOp,
        MakeListOp,
        MakeTupleOp,
        MakeDictOp,
        AppendOp,
        InsertOp,
        GetItemOp,
        GetAttrOp,
        UnpackOp,
        IfOp,
        ForOp,
        WhileOp,
        TryOp,
        RaiseOp,
        VariableOp,
        AssignOp,
        CurrentOp,
        YieldOp,
        MapOp,
        EnsembleOp,
        ReduceOp,
        TensorOp,
        XlaOp,
        XlaCallOp,
    ],
    [ObjType, ListType, EffectAttr, LiteralAttr, ArgumentsAttr],
)
