xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.constant "C:\dir"
  xcs.return %a
}
