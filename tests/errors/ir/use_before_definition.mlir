xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = "xcs.append"(%c, %a) : (!xcs.obj, !xcs.obj) -> !xcs.obj
  %c = xcs.make_list(%a)
  xcs.return %a
}
