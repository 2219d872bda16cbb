xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.constant "\FF"
  xcs.return %a
}
