xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.constant none
  xcs.return %a
}
