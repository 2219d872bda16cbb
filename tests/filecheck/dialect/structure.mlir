// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Containers: making them, their next versions, reading parts of them.

// Making.

%a = xcs.constant 1
%l = xcs.make_list()
%m = xcs.make_list(%a, %l) -> (!xcs.list<!xcs.obj>)
%t = xcs.make_tuple()
%u = xcs.make_tuple(%a, %t)
%d = xcs.make_dict()
%e = xcs.make_dict(%a : %l, %t : %u) -> (!xcs.obj<"dict">)

// CHECK:         builtin.module {
// CHECK-NEXT:      %a = xcs.constant 1
// CHECK-NEXT:      %l = xcs.make_list()
// CHECK-NEXT:      %m = xcs.make_list(%a, %l) -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:      %t = xcs.make_tuple()
// CHECK-NEXT:      %u = xcs.make_tuple(%a, %t)
// CHECK-NEXT:      %d = xcs.make_dict()
// CHECK-NEXT:      %e = xcs.make_dict(%a : %l, %t : %u) -> (!xcs.obj<"dict">)
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     %a = "xcs.constant"() <{value = #xcs.literal<1>}> : () -> !xcs.obj
// GENERIC-NEXT:     %l = "xcs.make_list"() : () -> !xcs.obj
// GENERIC-NEXT:     %m = "xcs.make_list"(%a, %l) : (!xcs.obj, !xcs.obj) -> !xcs.list<!xcs.obj>
// GENERIC-NEXT:     %t = "xcs.make_tuple"() : () -> !xcs.obj
// GENERIC-NEXT:     %u = "xcs.make_tuple"(%a, %t) : (!xcs.obj, !xcs.obj) -> !xcs.obj
// GENERIC-NEXT:     %d = "xcs.make_dict"() : () -> !xcs.obj
// GENERIC-NEXT:     %e = "xcs.make_dict"(%a, %l, %t, %u) : (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) -> !xcs.obj<"dict">
// GENERIC-NEXT:   }) : () -> ()

// -----

// Versions.

%a = xcs.constant 1
%l = xcs.make_list() -> (!xcs.list<!xcs.obj>)
%l2 = xcs.append %l, %a -> (!xcs.list<!xcs.obj>)
%d = xcs.make_dict()
%d2 = xcs.insert %d[%a] = %a
%d3 = xcs.insert total %d2[%a] = %l

// CHECK:         builtin.module {
// CHECK-NEXT:      %a = xcs.constant 1
// CHECK-NEXT:      %l = xcs.make_list() -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:      %l2 = xcs.append %l, %a -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:      %d = xcs.make_dict()
// CHECK-NEXT:      %d2 = xcs.insert %d[%a] = %a
// CHECK-NEXT:      %d3 = xcs.insert total %d2[%a] = %l
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     %a = "xcs.constant"() <{value = #xcs.literal<1>}> : () -> !xcs.obj
// GENERIC-NEXT:     %l = "xcs.make_list"() : () -> !xcs.list<!xcs.obj>
// GENERIC-NEXT:     %l2 = "xcs.append"(%l, %a) : (!xcs.list<!xcs.obj>, !xcs.obj) -> !xcs.list<!xcs.obj>
// GENERIC-NEXT:     %d = "xcs.make_dict"() : () -> !xcs.obj
// GENERIC-NEXT:     %d2 = "xcs.insert"(%d, %a, %a) : (!xcs.obj, !xcs.obj, !xcs.obj) -> !xcs.obj
// GENERIC-NEXT:     %d3 = "xcs.insert"(%d2, %a, %l) <{total}> : (!xcs.obj, !xcs.obj, !xcs.list<!xcs.obj>) -> !xcs.obj
// GENERIC-NEXT:   }) : () -> ()

// -----

// Items, attributes, elements.

xcs.func @f(%o : !xcs.obj, %k : !xcs.obj) -> () {
  %x = xcs.getitem pure %o[%k]
  %y = xcs.getitem dynamic fresh %o[%k] -> (!xcs.list<!xcs.obj>)
  %z = xcs.getattr reads total %o "temperature" -> (!xcs.obj<"float">)
  %a, %b = xcs.unpack pure sees_writes %o -> (!xcs.obj, !xcs.obj<"int">)
  %c, %d = xcs.unpack pure total %o star 0 -> (!xcs.list<!xcs.obj>, !xcs.obj)
  xcs.unpack ordered %o -> ()
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%o : !xcs.obj, %k : !xcs.obj) -> () {
// CHECK-NEXT:        %x = xcs.getitem pure %o[%k]
// CHECK-NEXT:        %y = xcs.getitem dynamic fresh %o[%k] -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:        %z = xcs.getattr reads total %o "temperature" -> (!xcs.obj<"float">)
// CHECK-NEXT:        %a, %b = xcs.unpack pure sees_writes %o -> (!xcs.obj, !xcs.obj<"int">)
// CHECK-NEXT:        %c, %d = xcs.unpack pure total %o star 0 -> (!xcs.list<!xcs.obj>, !xcs.obj)
// CHECK-NEXT:        xcs.unpack ordered %o -> ()
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj, !xcs.obj) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%o: !xcs.obj, %k: !xcs.obj):
// GENERIC-NEXT:       %x = "xcs.getitem"(%o, %k) <{effect = #xcs.effect<pure>}> : (!xcs.obj, !xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       %y = "xcs.getitem"(%o, %k) <{effect = #xcs.effect<dynamic>, fresh}> : (!xcs.obj, !xcs.obj) -> !xcs.list<!xcs.obj>
// GENERIC-NEXT:       %z = "xcs.getattr"(%o) <{effect = #xcs.effect<reads>, total, name = "temperature"}> : (!xcs.obj) -> !xcs.obj<"float">
// GENERIC-NEXT:       %a, %b = "xcs.unpack"(%o) <{effect = #xcs.effect<pure, sees_writes>}> : (!xcs.obj) -> (!xcs.obj, !xcs.obj<"int">)
// GENERIC-NEXT:       %c, %d = "xcs.unpack"(%o) <{effect = #xcs.effect<pure>, total, star = 0 : i64}> : (!xcs.obj) -> (!xcs.list<!xcs.obj>, !xcs.obj)
// GENERIC-NEXT:       "xcs.unpack"(%o) <{effect = #xcs.effect<ordered>}> : (!xcs.obj) -> ()
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()
